"""A radiograph as displayed: bone bright, 0..1, whatever way the device stored it."""

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from triage_agent.dicom.frame import Containers
from triage_agent.dicom.shades import bands, read_shades


def displayed(dataset: Dataset) -> npt.NDArray[np.float32]:
    """Return the radiograph as displayed: float32 [rows, columns] in 0..1, high is bright.

    Modality LUT or rescale, then VOI LUT or window, then inversion where the lowest value is shown
    white. Without a VOI, or with one that leaves nothing to see, the range of the pixels is
    stretched to 0..1. Padding is black and takes no part in that range.

    Args:
        dataset: one image with its file meta information.

    Raises:
        PixelsUnreadable: the image is not one greyscale frame, what it declares contradicts what it
            holds, it cannot be decoded, or it is blank.
    """
    shades = read_shades(dataset)
    return _look_up(shades.grey.astype(np.float32), shades.frame.containers)


def _look_up(grey: npt.NDArray[np.float32], containers: Containers) -> npt.NDArray[np.float32]:
    image = np.empty(containers.shape, dtype=np.float32)
    for band in bands(containers):
        np.take(grey, containers[band], out=image[band], mode="clip")
    return image
