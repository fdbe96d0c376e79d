"""A real image in a DX header, for tests that need real anatomy."""

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.encode import transcoded
from dicom_fixtures.headers import VENDORS, ImageFacts, Modality, StudyFacts, build_image
from dicom_fixtures.people import person
from dicom_fixtures.stored import BITS_STORED, Photometric, Pixels, Voi
from dicom_fixtures.terms import BODY_PART_CODES
from dicom_fixtures.uids import fixture_uid
from triage_agent.domain.region import Region


def wrap_radiograph(
    pixels: Pixels,
    *,
    seed: int,
    region: Region | None = None,
    body_part: str | None = None,
    view: str = "PA",
    laterality: str = "R",
    modality: Modality = "DX",
    photometric: Photometric = "MONOCHROME2",
    number: int = 1,
    pixel_spacing_mm: float = 0.15,
    stat: bool = False,
    transfer_syntax: str = ExplicitVRLittleEndian,
) -> Dataset:
    """A single-channel image as a DX or CR object with a synthetic patient.

    Images with the same seed, region and body part belong to one study; `number` tells them apart.

    Args:
        pixels: uint8 or uint16 [rows, columns], dense bone bright.
        seed: Patient, order and study.
        region: Gives BodyPartExamined if `body_part` does not.
        body_part: BodyPartExamined as written, such as `KNEE`; absent if both are None. It is
            coded, too, if it is a common one.
        view: `PA`, `LATERAL` or `OBLIQUE`.
        laterality: `L` or `R`.
        modality: `DX` or `CR`.
        photometric: MONOCHROME1 inverts the stored values, so that the picture stays the same.
        number: Instance number, from 1.
        pixel_spacing_mm: What ImagerPixelSpacing says.
        stat: Whether the header carries RequestedProcedurePriority STAT.
        transfer_syntax: One of those in `dicom_fixtures.encode`.

    Raises:
        ValueError: `pixels` are not a grey image of 8 or 16 bits, or an argument is out of range.
    """
    if pixels.ndim != 2 or pixels.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:  # noqa: PLR2004 - rows, columns
        raise ValueError("pixels must be uint8 or uint16 [rows, columns]")
    if view not in VIEWS or laterality not in {"L", "R"} or number < 1:
        raise ValueError("view, laterality or number out of range")
    bits = 8 if pixels.dtype == np.uint8 else max(BITS_STORED.start + 2, _bits(pixels))
    top = 2**bits - 1
    stored = pixels if photometric == "MONOCHROME2" else (top - pixels).astype(pixels.dtype)
    part = body_part if body_part is not None else (region.value if region else None)
    key = f"wrapped|{seed}|{region}|{part}|{modality}|{photometric}|{stat}"
    facts = StudyFacts(
        key=key,
        person=person(seed),
        vendor=VENDORS[0],
        modality=modality,
        laterality=laterality,
        AccessionNumber=f"SYN{fixture_uid('order', key)[-10:]}",
        StudyDescription=f"XR {part.title()}" if part else "XR",
        anatomy=BODY_PART_CODES.get(part) if part else None,
        upright=True,
        BodyPartExamined=part,
        stat=stat,
        declared_images=None,
    )
    image = ImageFacts(
        number=number,
        view=view,
        pixels=stored,
        bits_stored=bits,
        photometric=photometric,
        voi=Voi.WINDOW,
        pixel_spacing_mm=pixel_spacing_mm,
        SeriesDescription=part.title() if part else "XR",
        limits=(int(pixels.min()), max(int(pixels.max()), int(pixels.min()) + 1)),
    )
    dataset = build_image(facts, image)
    if transfer_syntax != ExplicitVRLittleEndian:
        return transcoded(dataset, UID(transfer_syntax))
    return dataset


def _bits(pixels: Pixels) -> int:
    return int(pixels.max()).bit_length()
