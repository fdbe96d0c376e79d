"""The commands of `python -m model_training`."""

import click

from model_training.bundled_command import bundled
from model_training.ensemble_command import ensemble
from model_training.evaluation.commands import COMMANDS as EVALUATION_COMMANDS
from model_training.export_command import export
from model_training.predict_command import predict
from model_training.scope.command import scope
from model_training.train_command import train


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Train, judge and export the classifier that the node serves.

    Each step leaves its results in the run folder, where the next one finds them:

    \b
      train      fit any network on any cohort, keep the epoch with the best validation loss
      calibrate  choose calibration and operating points on validation images (score --raw)
      evaluate   measure on images that were not used
      localise   judge the heat maps, where the abnormality is known to the pixel
      export     write the bundle (weights, model.json, model card) that the node reads

    `bundled` does all of it for the model that ships with the node.

    RESEARCH USE ONLY: what comes out is not a medical device.
    """


main.add_command(train)
main.add_command(bundled)
main.add_command(scope)
main.add_command(export)
main.add_command(ensemble)
main.add_command(predict)
for _command in EVALUATION_COMMANDS:
    main.add_command(_command)
