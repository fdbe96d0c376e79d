"""Whether an object is a radiograph as acquired, decided from its header.

In scope are single-frame grey images of the CR and DX classes. RF stays out, also as a single
frame: a fluoroscopic spot image differs in dose and processing from the radiographs a model learnt
from, and its header does not say reliably which of the two it is.
"""

from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    UID_dictionary,
)

from triage_agent.assemble.words import words_of
from triage_agent.domain.instance import InstanceHeader

# PS3.4 Annex B.5.
_RADIOGRAPHS = frozenset(
    {
        str(ComputedRadiographyImageStorage),
        str(DigitalXRayImageStorageForPresentation),
        str(DigitalXRayImageStorageForProcessing),
    }
)
# PS3.3 C.7.3.1.1.1; RG is what digitised or older radiographs carry, absence is tolerated.
_MODALITIES = frozenset({"CR", "DX", "RG", ""})
# PS3.3 C.7.6.3.1.2.
_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})

_LOCALISER = frozenset(
    {"localizer", "localiser", "scout", "topogram", "scanogram", "surview", "scoutview"}
)
# Words by which analysis software names its result pages; they count in derived images only, for
# a modality that acquires "with AI" still acquires.
_RESULT_PAGE = frozenset(
    {
        "ai", "ki", "ia", "cad", "heatmap", "saliency", "overlay", "annotated", "annotation",
        "annotations", "result", "results", "finding", "findings", "summary", "triage", "report",
        "boneview", "gleamer", "rbfracture", "radiobotics", "rayvolve", "azmed", "milvue",
        "smarturgences", "aidoc", "lunit", "qure", "osteodetect", "chestview", "boneage",
    }
)  # fmt: skip


def why_not_a_radiograph(header: InstanceHeader) -> str:
    """Return in plain words why the model must not see this object, or "" if it may."""
    if header.SOPClassUID not in _RADIOGRAPHS:
        return f"{_class_name(header.SOPClassUID)} is not a CR or DX radiograph"
    if header.Modality.upper() not in _MODALITIES:
        return f"modality {header.Modality.upper()[:16]} is out of scope"
    return _why_not_for_viewing(header) or _why_not_acquired(header)


def _why_not_for_viewing(header: InstanceHeader) -> str:
    if header.SOPClassUID == DigitalXRayImageStorageForProcessing or "processing" in words_of(
        header.PresentationIntentType
    ):  # PS3.3 C.8.11.2: raw detector values, not meant for display
        return "the image is FOR PROCESSING, not for presentation"
    if not header.PhotometricInterpretation:
        return "PhotometricInterpretation is absent: whether bone is bright or dark is not known"
    if header.PhotometricInterpretation.upper() not in _GREY:
        return f"photometric interpretation {header.PhotometricInterpretation[:16]} is not grey"
    if header.NumberOfFrames != 1:
        return f"the image has {header.NumberOfFrames} frames, not one"
    return ""


def _why_not_acquired(header: InstanceHeader) -> str:
    kind = {word for value in header.ImageType for word in words_of(value)}
    named = {*words_of(header.SeriesDescription), *kind}
    if named & _LOCALISER:
        return "the image is a localiser"
    if header.BurnedInAnnotation.upper() == "YES":
        return "text is burned into the image"
    if not kind & {"derived", "secondary"}:
        return ""
    if named & _RESULT_PAGE or {*words_of(header.Manufacturer)} & _RESULT_PAGE:
        return "the image is a result page of analysis software"
    if "secondary" in kind and header.processing_device_uids:
        return "the image was made by processing equipment from another image"
    return ""


def _class_name(SOPClassUID: str) -> str:
    if SOPClassUID not in UID_dictionary:
        return "an unknown kind of object"
    return str(UID_dictionary[SOPClassUID][0])
