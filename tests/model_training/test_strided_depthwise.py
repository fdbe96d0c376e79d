"""A strided depthwise convolution, quickened, gives the results and gradients of torch's own."""

import copy

import pytest
import torch
from torch import nn

from model_training.strided_depthwise import quicken_depthwise
from triage_agent.infer.network import build_network


def of(network, x):
    x = x.clone().requires_grad_()
    result = network(x)
    (result * torch.arange(result.numel()).reshape(result.shape).cos()).sum().backward()
    return result, x.grad, [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_results_and_gradients_are_the_same(side, layout):
    torch.manual_seed(1)
    plain = nn.Sequential(nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6, bias=False))
    quick = copy.deepcopy(plain)
    quicken_depthwise(quick)
    assert not isinstance(quick[0], nn.Conv2d)
    x = torch.randn(2, 6, side, side).contiguous(memory_format=layout)
    for expected, found in zip(of(plain, x)[:2], of(quick, x)[:2], strict=True):
        assert torch.allclose(expected, found, atol=1e-5)
    assert torch.allclose(plain[0].weight.grad, quick[0].weight.grad, atol=1e-4)


def test_a_network_keeps_its_weights_and_names():
    network = build_network("mobilenet_v2")
    state = {name: value.clone() for name, value in network.state_dict().items()}
    quicken_depthwise(network)
    assert list(network.state_dict()) == list(state)
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())
    changed = [m for m in network.modules() if type(m).__name__ == "_StridedDepthwise"]
    assert len(changed) == 4


def test_it_computes_in_reduced_precision_where_that_is_asked_for():
    layer = nn.Sequential(nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4, bias=False))
    quicken_depthwise(layer)
    with torch.autocast("cpu", torch.bfloat16):
        result = layer(torch.randn(1, 4, 8, 8))
    assert result.dtype == torch.bfloat16
    result.float().sum().backward()
    assert layer[0].weight.grad.dtype == torch.float32


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False),
        nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=4, bias=False),
        nn.Conv2d(4, 4, 5, stride=2, padding=2, groups=4, bias=False),
        nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4),
    ],
)
def test_other_layers_are_left_alone(layer):
    parent = nn.Sequential(layer)
    quicken_depthwise(parent)
    assert parent[0] is layer
