"""Where the places of a network's map lie, against where its gradient really comes from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from model_training.evaluation.trained import TrainedModel, read_trained
from model_training.map_geometry import map_grid, map_grid_of
from model_training.run_folder import RunFolder
from triage_agent.infer.network import FINER, build_network

SIZE = 640
# Every way in which a family halves; what the deeper ones of a family add is symmetric.
NETWORKS = (
    "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet0_5", "mobilenet_v2",
    "mobilenet_v2" + FINER, "regnet_y_400mf", "resnet18", "shufflenet_v2_x0_5",
    "vgg11",
)  # fmt: skip


def seen_from(architecture: str) -> tuple[float, float]:
    """The mean pixel, down and across, that a place in the middle of the map depends on."""
    torch.manual_seed(3)
    network = build_network(architecture).eval()
    for layer in network.modules():
        # Whatever is seen adds up, so that its middle can be told.
        if isinstance(layer, nn.Conv2d):
            nn.init.uniform_(layer.weight, 0.5, 1.0)
            layer.weight.data /= layer.weight[0].numel()
        if isinstance(layer, nn.Linear):
            nn.init.ones_(layer.weight)
    image = torch.full((1, 3, SIZE, SIZE), 1e-3, requires_grad=True)
    maps = network(image)[1]
    middle = maps.shape[-1] // 2
    maps[0, middle, middle].backward()
    seen = image.grad[0].abs().sum(dim=0).double().numpy()
    pixels = np.arange(SIZE)
    down, across = ((seen.sum(axis=axis) @ pixels) / seen.sum() for axis in (1, 0))
    return down, across


@pytest.fixture
def _no_maxima(monkeypatch):
    """The largest of a few says little of the middle of them all."""

    def mean(x, kernel_size, stride=None, padding=0, *_, **how):
        return functional.avg_pool2d(
            x, kernel_size, stride, padding, ceil_mode=how.get("ceil_mode", False)
        )

    monkeypatch.setattr(functional, "max_pool2d", mean)


@pytest.mark.usefixtures("_no_maxima")
@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_place_of_the_map_lies_where_its_gradient_comes_from(architecture):
    grid = map_grid(architecture, SIZE)
    step = 16 if architecture.endswith(FINER) else 32
    places = {"googlenet": 20, "inception_v3": 18}.get(architecture, SIZE // step)
    expected = (
        (grid.first + places // 2 * grid.step) * SIZE - 0.5
        if grid
        else (places // 2 + 0.5) * step - 0.5
    )
    for found in seen_from(architecture):
        assert found == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("architecture", ["vgg19_bn", "convnext_tiny", "swin_t"])
def test_some_networks_divide_the_image_evenly(architecture):
    assert map_grid(architecture, 224) is None


def test_a_map_that_was_drawn_to_masks_is_shown_where_it_was_drawn_to(fitted_run):
    config = replace(fitted_run.read_config(), architecture="resnet18")
    assert map_grid_of(config) == map_grid("resnet18", config.preprocessing.size)
    drawn = replace(config, plan=replace(config.plan, localisation=0.5))
    assert map_grid_of(drawn) is None


def test_maps_are_evened_before_they_are_measured(fitted_run: RunFolder):
    model = read_trained(fitted_run.path)
    raw = TrainedModel(model.network, model.preprocessing)
    image = np.random.default_rng(1).random((60, 50), dtype=np.float32)
    ((logit, cam),), ((same, plain),) = list(model.judge([image])), list(raw.judge([image]))
    assert logit == same
    np.testing.assert_array_equal(cam, model.map_grid.evened(plain))
