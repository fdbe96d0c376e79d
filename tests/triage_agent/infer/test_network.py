import pytest
import torch
from torch import nn

from triage_agent.infer.network import (
    FINER,
    TriageNetwork,
    build_network,
    published_name,
    supported_architectures,
)

# Table 3 of MuRAD.
MURAD = [
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "inception_v3",
    "mobilenet_v2",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "vgg16",
    "vgg19",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
]

# One of every other family, the smallest there is.
OTHERS = [
    "convnext_tiny",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "googlenet",
    "mnasnet0_5",
    "regnet_x_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "swin_t",
    "swin_v2_t",
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
        logits = network.eval()(images)[0]
        network.classifier.weight.mul_(2.0 / logits.std())
        network.classifier.bias.fill_(0.7)
    return network


@pytest.mark.parametrize("architecture", MURAD + OTHERS)
def test_the_map_adds_up_to_the_logit_of_the_torchvision_model(architecture):
    torch.manual_seed(3)
    # Inception needs 75 pixels at least; at 64 the others have more than one place in their map.
    size = 96 if architecture in {"inception_v3", "googlenet"} else 64
    images = torch.randn(4, 3, size, size)
    network = lively(build_network(architecture), images)
    with torch.inference_mode():
        logits, cam, features = network(images)
        untouched = network.model(images)[:, 0]
        from_features = network.classifier(features)[:, 0]
    assert logits.shape == (4,)
    assert cam.ndim == 3
    assert float(logits.std()) > 0.1
    assert torch.allclose(cam.mean(dim=(1, 2)) + network.map_bias, logits, atol=1e-4)
    assert torch.allclose(untouched, logits, atol=1e-4)
    assert features.shape == (4, network.classifier.in_features)
    if not architecture.startswith("convnext"):  # which normalises them first
        assert torch.allclose(from_features, logits, atol=1e-4)


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
        ("squeezenet1_1", "rectifies"),
        ("mobilenet_v3_small", "hidden layer"),
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
    assert {*MURAD, *OTHERS} <= supported
    assert not {name for name in supported if name.startswith(("alexnet", "vit", "maxvit"))}


def test_the_head_of_a_vgg_is_a_pool_and_one_linear_layer():
    network = build_network("vgg11_bn")
    head = [key for key in network.state_dict() if key.startswith("model.classifier")]
    assert head == ["model.classifier.weight", "model.classifier.bias"]
    assert sum(parameter.numel() for parameter in network.parameters()) < 10e6
    assert not any(parameter.is_meta for parameter in network.parameters())
    deep = network.state_dict()["model.features.22.weight"]
    assert float(deep.std()) == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.02)


def test_the_map_of_a_convnext_includes_its_normalisation():
    torch.manual_seed(2)
    network = build_network("convnext_tiny").eval()
    norm = network.model.classifier[0]
    with torch.inference_mode():
        norm.weight.normal_(1.0, 0.5)
        norm.bias.normal_(0.0, 0.5)
        network.classifier.weight.normal_(0.0, 0.1)
        images = torch.randn(3, 3, 96, 96)
        logits, cam, _ = network(images)
        without_norm = cam.mean(dim=(1, 2)) + network.classifier.bias
    assert torch.allclose(cam.mean(dim=(1, 2)) + network.map_bias, logits, atol=1e-4)
    assert not torch.allclose(without_norm, logits, atol=1e-2)


def test_a_head_that_is_not_linear_is_refused():
    network = build_network("resnet18")
    network.model.fc = nn.Identity()
    with pytest.raises(TypeError, match="Identity"):
        _ = network.classifier


def test_output_stride_16_doubles_the_map_and_keeps_weights_and_exactness():
    coarse = build_network("mobilenet_v2").eval()
    fine = build_network("mobilenet_v2" + FINER).eval()
    fine.load_state_dict(coarse.state_dict())
    assert fine.architecture == "mobilenet_v2-os16"
    assert published_name(fine.architecture) == "mobilenet_v2"
    with torch.inference_mode():
        images = torch.randn(2, 3, 96, 96)
        logit, cam = fine(images)[:2]
        assert cam.shape == (2, 6, 6)
        assert coarse(images)[1].shape == (2, 3, 3)
        assert torch.allclose(cam.mean(dim=(1, 2)) + fine.map_bias, logit, atol=1e-4)


def test_output_stride_16_is_for_mobilenet_v2_only():
    with pytest.raises(ValueError, match="only mobilenet_v2"):
        build_network("resnet18-os16")
