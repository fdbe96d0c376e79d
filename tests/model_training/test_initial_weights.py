"""Initial weights from files and from torchvision's own cache."""

from urllib.error import URLError

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from model_training.initial_weights import expects_half, fill, initialise, published_weights
from triage_agent.infer.network import build_network

SMALL = "shufflenet_v2_x0_5"


def published_form(architecture, seed=3):
    """What torchvision's checkpoint of an architecture looks like, with random values."""
    torch.manual_seed(seed)
    return models.get_model(architecture, weights=None).state_dict()


def body(network):
    head = {id(network.classifier.weight), id(network.classifier.bias)}
    return {k: v for k, v in network.model.named_parameters() if id(v) not in head}


def write(path, state):
    if path.suffix == ".npz":
        np.savez(path, **{name: value.numpy() for name, value in state.items()})
    elif path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pth"])
def test_every_form_of_file_fills_the_network(tmp_path, suffix):
    state = published_form(SMALL)
    network = build_network(SMALL)
    initialise(network, str(write(tmp_path / f"w{suffix}", state)))
    assert all(torch.equal(value, state[name]) for name, value in body(network).items())
    assert network.classifier.weight.shape == (1, 1024)


def test_weights_of_a_bundle_fill_the_network(tmp_path):
    given = build_network(SMALL)
    path = write(tmp_path / "model.safetensors", given.state_dict())
    network = build_network(SMALL)
    initialise(network, str(path))
    assert all(torch.equal(v, given.model.state_dict()[k]) for k, v in body(network).items())


def test_no_weights_leave_it_random():
    torch.manual_seed(1)
    before = build_network(SMALL)
    torch.manual_seed(1)
    network = build_network(SMALL)
    initialise(network, "none")
    assert all(torch.equal(v, before.state_dict()[k]) for k, v in network.state_dict().items())


def test_torchvision_looks_into_its_cache_first(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    state = published_form(SMALL)
    url = models.get_model_weights(SMALL).DEFAULT.url
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    write(folder / url.rpartition("/")[2], state)
    network = build_network(SMALL)
    initialise(network, "torchvision")
    assert all(torch.equal(value, state[name]) for name, value in body(network).items())


def test_offline_it_says_which_file_to_bring_and_where_to(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def offline(weights):
        del weights
        raise URLError("no route")

    with pytest.raises(ValueError, match="no route") as caught:
        published_weights("densenet169", "torchvision", offline)
    url = models.DenseNet169_Weights.DEFAULT.url
    assert url in str(caught.value)
    assert str(tmp_path / "hub" / "checkpoints" / url.rpartition("/")[2]) in str(caught.value)


def test_other_sets_are_chosen_by_name():
    asked = []
    published_weights("resnet50", "torchvision", lambda each: asked.append(each) or {})
    published_weights(
        "resnet50", "torchvision:IMAGENET1K_V1", lambda each: asked.append(each) or {}
    )
    assert [each.name for each in asked] == ["IMAGENET1K_V2", "IMAGENET1K_V1"]
    with pytest.raises(ValueError, match="IMAGENET1K_V1"):
        published_weights("resnet50", "torchvision:BEST")


@pytest.mark.parametrize("architecture", ["vgg11_bn", "convnext_tiny", "googlenet"])
def test_heads_that_were_replaced_or_only_help_training_are_left_out(architecture):
    with torch.device("meta"):
        options = {"init_weights": False} if architecture == "googlenet" else {}
        names = models.get_model(architecture, weights=None, **options).state_dict()
    network = build_network(architecture)
    own = network.model.state_dict()
    # Only the shapes of the old head matter: it is to be ignored.
    weights = {k: own[k] + 1 if k in own and own[k].shape == v.shape else torch.zeros(1)
               for k, v in names.items()}  # fmt: skip
    before = {name: value.clone() for name, value in body(network).items()}
    fill(network, weights, "published")
    assert all(torch.equal(value, before[name] + 1) for name, value in body(network).items())


def test_dotted_names_of_old_densenets_are_understood():
    network = build_network("densenet121")
    own = network.model.state_dict()
    old = {
        name.replace(".norm1.", ".norm.1.").replace(".conv2.", ".conv.2."): value + 1
        for name, value in own.items()
    }
    assert set(old) != set(own)
    before = {name: value.clone() for name, value in body(network).items()}
    fill(network, old, "published")
    assert all(torch.equal(value, before[name] + 1) for name, value in body(network).items())


def test_files_of_another_kind_are_refused(tmp_path):
    for name, content in (("w.zip", b""), ("w.pth", b"text"), ("w.safetensors", b"text")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=name):
            initialise(build_network(SMALL), str(tmp_path / name))
    torch.save({"epoch": 3}, tmp_path / "checkpoint.pth")
    with pytest.raises(ValueError, match="state dict"):
        initialise(build_network(SMALL), str(tmp_path / "checkpoint.pth"))


def test_inception_has_its_own_normalisation():
    assert expects_half("inception_v3", "torchvision")
    assert not expects_half("inception_v3", "none")
    assert not expects_half("densenet169", "torchvision")
