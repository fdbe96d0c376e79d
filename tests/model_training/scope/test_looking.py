import numpy as np
import torch

from model_training.scope.features import looking_through
from triage_agent.infer.preprocess import normalise


def test_features_are_those_that_the_logit_is_computed_from(network, spec):
    images = list(np.random.default_rng(5).random((19, 48, 48), dtype=np.float32))
    looked = []
    look = looking_through(network, spec, lambda: looked.append(1))
    found = look(images)
    assert found.shape == (19, network.classifier.in_features)
    assert len(looked) == 19
    with torch.inference_mode():
        logits = network(torch.from_numpy(normalise(np.stack(images), spec)))[0]
        from_features = network.classifier(torch.from_numpy(found).float())[:, 0]
    assert torch.allclose(from_features, logits, atol=1e-3)
    assert look([]).shape == (0, network.classifier.in_features)
