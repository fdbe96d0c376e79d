import pytest
import torch
from torch import nn

from triage_agent.infer.network import (
    TriageNetwork,
    build_network,
    supported_architectures,
)

# One of every family, the smallest there is.
FAMILIES = [
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "mnasnet0_5",
    "mobilenet_v2",
    "regnet_x_400mf",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "swin_t",
]


@pytest.fixture(autouse=True)
def _few_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lively(network: TriageNetwork, images: torch.Tensor) -> TriageNetwork:
    """Give random weights logits of a few units, which fresh weights do not have."""
    with torch.inference_mode():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = None
        network.train()(images)
        logits, _ = network.eval()(images)
        network.classifier.weight.mul_(2.0 / logits.std())
        network.classifier.bias.fill_(0.7)
    return network


@pytest.mark.parametrize("architecture", FAMILIES)
def test_the_map_adds_up_to_the_logit_of_the_torchvision_model(architecture):
    torch.manual_seed(3)
    images = torch.randn(4, 3, 96, 96)
    network = lively(build_network(architecture), images)
    with torch.inference_mode():
        logits, cam = network(images)
        untouched = network.model(images)[:, 0]
    assert logits.shape == (4,)
    assert cam.ndim == 3
    assert float(logits.std()) > 0.1
    assert torch.allclose(cam.mean(dim=(1, 2)) + network.classifier.bias, logits, atol=1e-4)
    assert torch.allclose(untouched, logits, atol=1e-4)


def test_the_map_changes_where_the_image_does():
    torch.manual_seed(0)
    network = build_network("mobilenet_v2").eval()
    image = torch.zeros(1, 3, 128, 128)
    marked = image.clone()
    marked[:, :, 96:, :32] = 3.0
    with torch.inference_mode():
        change = (network(marked)[1] - network(image)[1]).abs()[0]
    near, far = change[2:, :2].mean(), change[:2, 2:].mean()
    assert float(near) > 2.0 * float(far)


def test_dropout_acts_in_training_only():
    network = build_network("efficientnet_b0")
    images = torch.randn(2, 3, 64, 64)
    network.eval()
    with torch.inference_mode():
        assert torch.equal(network(images)[0], network(images)[0])


@pytest.mark.parametrize(
    ("architecture", "why"),
    [
        ("alexnet", "flattens"),
        ("vgg16_bn", "flattens"),
        ("squeezenet1_1", "rectifies"),
        ("mobilenet_v3_small", "hidden layer"),
        ("convnext_tiny", "normalises"),
        ("maxvit_t", "hidden layer"),
        ("vit_b_16", "class token"),
    ],
)
def test_a_network_whose_map_would_not_be_exact_is_refused_with_the_reason(architecture, why):
    with pytest.raises(ValueError, match=why):
        build_network(architecture)


@pytest.mark.parametrize("architecture", ["resnet19", "perceiver", ""])
def test_an_unknown_network_is_refused_with_the_known_ones(architecture):
    with pytest.raises(ValueError, match="densenet169"):
        build_network(architecture)


def test_every_torchvision_classifier_is_either_supported_or_refused_by_name():
    supported = set(supported_architectures())
    assert {"densenet121", "densenet169", "mobilenet_v2", "resnet50"} <= supported
    assert not {name for name in supported if name.startswith(("vgg", "vit", "convnext"))}


def test_a_head_that_is_not_linear_is_refused():
    network = build_network("resnet18")
    network.model.fc = nn.Identity()
    with pytest.raises(TypeError, match="Identity"):
        _ = network.classifier
