"""The loss that draws maps to masks."""

import math

import pytest
import torch

from model_training.localisation_loss import localisation_losses


def test_loss_is_the_logarithm_of_the_share_on_the_mask():
    maps = torch.zeros(1, 2, 2)
    maps[0, 0, 0] = math.log(3.0)
    masks = torch.zeros(1, 4, 4)
    masks[0, :2, :2] = 1.0
    # The softmax gives the marked place 3 of 3 + 1 + 1 + 1.
    assert float(localisation_losses(maps, masks)) == pytest.approx(math.log(2.0))


def test_loss_does_not_depend_on_what_is_added_to_the_map():
    maps, masks = torch.randn(3, 4, 4), (torch.rand(3, 8, 8) > 0.7).float()
    raised = localisation_losses(maps + 5.0, masks)
    assert torch.allclose(localisation_losses(maps, masks), raised, atol=1e-5)


def test_an_image_without_a_mask_has_no_loss_and_no_gradient():
    maps = torch.randn(2, 4, 4, requires_grad=True)
    masks = torch.zeros(2, 8, 8)
    masks[1, 0, 0] = 1.0
    losses = localisation_losses(maps, masks)
    losses.sum().backward()
    assert float(losses[0].detach()) == 0.0
    assert float(losses[1].detach()) > 0.0
    assert torch.equal(maps.grad[0], torch.zeros(4, 4))
    assert bool(torch.isfinite(maps.grad).all())


def test_a_place_that_is_hardly_touched_does_not_count():
    masks = torch.full((1, 4, 4), 0.1)
    assert float(localisation_losses(torch.randn(1, 2, 2), masks)) == 0.0
