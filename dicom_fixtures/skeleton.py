"""All bones in the beam, drawn into one field with what is wrong with them."""

from collections.abc import Sequence

import numpy as np

from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.drawing import Surgery
from dicom_fixtures.pathology.findings import Mask
from dicom_fixtures.pathology.fracture import DISPLACING
from dicom_fixtures.projection import Field, Grid, Tube


def skeleton(
    tubes: list[Tube],
    ills: Sequence[Disorder],
    grid: Grid,
    texture: Field,
    view_degrees: float,
) -> tuple[Field, list[Mask], list[Tube]]:
    """All bones summed, a mask for each disorder, and the tubes where they came to lie.

    The tubes are the given list itself where nothing is out of place.
    """
    surgery = Surgery(ills, grid, view_degrees)
    tubes = surgery.moved(tubes)
    hit = {ill.bone for ill in ills if ill.kind not in DISPLACING}
    taken = np.zeros(grid.shape, dtype=np.float32)
    wholes: dict[str, Field] = {}
    for tube in tubes:
        # A bone with a line or a lesion is drawn apart: the line goes through all of its parts.
        name = tube.bone.joined or (tube.bone.name if tube.bone.name in hit else "")
        for window, own in surgery.pieces(tube, texture):
            if name:
                parts = wholes.setdefault(name, np.zeros_like(taken))
                np.maximum(parts[window], own, out=parts[window])
            else:
                taken[window] += own
    for tube in tubes:
        whole = wholes.get(tube.bone.joined or tube.bone.name)
        if tube.bone.name in hit and whole is not None:
            surgery.changed(whole, tube)
    for whole in wholes.values():
        taken += whole
    surgery.finished(taken, tubes)
    return taken, surgery.masks, tubes
