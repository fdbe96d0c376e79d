import contextlib
from collections.abc import Iterator

import pytest
import torch

from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
from triage_agent.adapters.torch_inference.torch_loading import serve_on_cuda


@pytest.fixture
def tf32() -> Iterator[None]:
    """What was so before the test is so after it; within it cuDNN and cuBLAS may round."""
    backends = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [each.allow_tf32 for each in backends]
    for each in backends:
        each.allow_tf32 = True
    yield
    for each, allowed in zip(backends, before, strict=True):
        each.allow_tf32 = allowed


@pytest.mark.usefixtures("tf32")
def test_fp32_on_cuda_is_not_rounded_to_tf32(random_bundle: LoadedBundle) -> None:
    with contextlib.suppress(RuntimeError, AssertionError):  # where there is no such device
        serve_on_cuda(random_bundle, reduce=False)
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
