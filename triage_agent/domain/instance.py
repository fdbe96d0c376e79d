"""A SOP instance as the node knows it: its header, where it is kept, what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.region import Region


class InstanceState(StrEnum):
    """What became of a received SOP instance."""

    RECEIVED = "received"  # in scope, not scored yet
    SCORED = "scored"
    EXCLUDED = "excluded"  # kept, not scored: out of scope, with the reason
    UNREADABLE = "unreadable"  # in scope, but scoring it failed for good, with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedConcept:
    """A code (PS3.3 section 8)."""

    CodeValue: str
    CodingSchemeDesignator: str
    CodeMeaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHeader:
    """The attributes the node reads, as text, stripped; absent or empty is "" (or None, or ()).

    Reading is tolerant: everything but the four UIDs may be missing in what devices send.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    TransferSyntaxUID: str
    Modality: str = ""
    PatientID: str = ""
    IssuerOfPatientID: str = ""
    PatientName: str = ""
    PatientBirthDate: str = ""
    PatientSex: str = ""
    AccessionNumber: str = ""
    StudyID: str = ""
    StudyDate: str = ""
    StudyTime: str = ""
    StudyDescription: str = ""
    SeriesDescription: str = ""
    ProtocolName: str = ""
    BodyPartExamined: str = ""
    anatomic_regions: tuple[CodedConcept, ...] = ()
    requested_procedures: tuple[str, ...] = ()  # descriptions and code meanings of the order
    priorities: tuple[str, ...] = ()  # RequestedProcedurePriority and its equivalents
    ImageLaterality: str = ""  # ImageLaterality, else Laterality
    ViewPosition: str = ""
    PresentationIntentType: str = ""
    PhotometricInterpretation: str = ""
    ImageType: tuple[str, ...] = ()
    BurnedInAnnotation: str = ""
    Manufacturer: str = ""
    StationName: str = ""
    InstanceNumber: int | None = None
    NumberOfFrames: int = 1
    Rows: int | None = None
    Columns: int | None = None
    declared_instances: int | None = None  # NumberOfStudyRelatedInstances (0020,1208)
    processing_device_uids: tuple[str, ...] = ()  # Device UIDs of Contributing Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """Bytes that are durably on disk.

    `digest` is the BLAKE3 (hex) over the transfer syntax UID and the encoded data set as sent;
    `location` is opaque to all but the store.
    """

    location: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassActivation:
    """The class activation map of one image (arXiv 1712.06957, section 3.3).

    `values` holds rows*columns floats, row by row: M(X) = sum_k w_k f_k(X), bias excluded. Of the
    mean of several networks it is the mean of their maps, and not exact (`infer.ensemble`).
    """

    rows: int
    columns: int
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or len(self.values) != self.rows * self.columns:
            raise ValueError(
                f"{len(self.values)} values do not fill a map of {self.rows} x {self.columns}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageScore:
    """What the network says of one image: a calibrated probability in 0..1 and its map."""

    probability: float
    activation: ClassActivation

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies in 0..1, not {self.probability!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A row of the register: one SOP instance that was acknowledged."""

    header: InstanceHeader
    stored: StoredObject
    state: InstanceState
    region: Region | None  # recognised region, None outside the seven
    reason: str  # why excluded or unreadable; "" otherwise
    received_at: datetime
    source_ae_title: str
    attempts: int = 0  # how often scoring was begun
    score: ImageScore | None = None
    model: str = ""  # "name version" of the bundle that scored it
