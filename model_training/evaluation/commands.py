"""The commands that judge models, for `python -m model_training`."""

from model_training.evaluation.calibrate_command import calibrate
from model_training.evaluation.compare_command import compare
from model_training.evaluation.evaluate_command import evaluate
from model_training.evaluation.localise_command import localise
from model_training.evaluation.score_command import score

COMMANDS = (evaluate, score, compare, calibrate, localise)
