"""Puts the ONNX graph of a bundle, or of each member, beside its weights: no node has to export it.

To be run after every training: `python -m triage_agent.adapters.torch_inference.ship_export FOLDER`
"""

import sys
from pathlib import Path

from triage_agent.adapters.torch_inference.bundle_files import read_model
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED, write_export
from triage_agent.adapters.torch_inference.reference_inputs import reference_inputs
from triage_agent.adapters.torch_inference.torch_loading import export_network


def ship_export(folder: Path) -> None:
    """Export every network of the bundle in `folder`. Raises BundleInvalid."""
    for loaded in read_model(folder).networks:
        exported = export_network(loaded, reference_inputs(loaded.bundle.preprocessing))
        write_export(loaded.folder, SHIPPED, loaded.bundle, exported)


if __name__ == "__main__":
    ship_export(Path(sys.argv[1]))
