"""`python -m model_training`."""

import os

# Read once, when torch loads its thread library. On a machine that does other work too, threads
# that spin while they wait for each other made a training step six times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from model_training.commands import main

if __name__ == "__main__":
    main(prog_name="python -m model_training")
