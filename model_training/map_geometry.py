"""Where the places of a network's class activation map lie: for the bundle that takes it along.

With kernel k, padding p and a stride s, a layer moves the middle of what its first place sees by
(k - 1) / 2 - p places of the map before it, and makes the way to the next place s times as long
(Araujo et al., Distill 2019, "Computing receptive fields", equations 2 and 4). So each layer that
halves by an odd kernel with all its padding adds nothing; what is left is told here by family.
"""

from model_training.run_folder import RunConfig
from triage_agent.infer.map_grid import MapGrid
from triage_agent.infer.network import FINER

# The pixel in the middle of what the first place sees, by how names of networks begin. Those that
# are not named divide the image evenly: pixel 15.5 (VGG, ConvNeXt, Swin).
_FIRST_PIXELS = {
    "densenet": 14.0,  # the stem adds nothing, three average pools over two places all there is
    "googlenet": 22.0,  # four pools without padding
    "inception_v3": 37.0,  # hardly any layer pads
    "efficientnet_": 0.0,
    "mnasnet": 0.0,
    "mobilenet_v2": 0.0,
    "regnet_": 0.0,
    "resnet": 0.0,
    "resnext": 0.0,
    "shufflenet_v2_": 0.0,
    "wide_resnet": 0.0,
}
_STEP_PIXELS = 32.0


def map_grid_of(config: RunConfig) -> MapGrid | None:
    """Where a training's maps lie; None if their places divide the image evenly.

    They do so, whatever the network, if a loss drew the maps to masks in its last stage: what the
    network learnt there to point at is where a map is shown.
    """
    if config.plan.localisation:
        return None
    return map_grid(config.architecture, config.preprocessing.size)


def map_grid(architecture: str, size: int) -> MapGrid | None:
    """Where the maps of a network lie on images [size, size]; None if they are even."""
    first = next(
        (pixel for name, pixel in _FIRST_PIXELS.items() if architecture.startswith(name)), None
    )
    if first is None:
        return None
    step = _STEP_PIXELS / 2 if architecture.endswith(FINER) else _STEP_PIXELS
    return MapGrid((first + 0.5) / size, step / size)
