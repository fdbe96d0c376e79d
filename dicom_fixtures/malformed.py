"""Objects that a receiver must survive, as the bytes of a C-STORE data set.

Each is a small valid image with one thing wrong. `acceptable` says what is right on arrival: False
means that a correct receiver answers with a failure status and keeps nothing; True means that the
object is odd but whole, so that refusing it would lose an image, and later stages have to cope.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from dicom_fixtures import damaged_bytes, damaged_content
from dicom_fixtures.encode import transcoded
from dicom_fixtures.splice import Damage
from dicom_fixtures.stored import Voi
from dicom_fixtures.studies import synthetic_study

SIZE = 64
"""Rows and columns of the images that are damaged."""


@dataclass(frozen=True)
class Malformed:
    """One malformed object.

    Attributes:
        name: Unique, in words.
        transfer_syntax: UID of the syntax in which it is announced and sent.
        acceptable: Whether a correct receiver may take it; False means that it must refuse.
        SOPClassUID: What the C-STORE request announces.
        SOPInstanceUID: What the C-STORE request announces; always a valid UID.
    """

    name: str
    transfer_syntax: str
    acceptable: bool
    SOPClassUID: str
    SOPInstanceUID: str
    _damage: Damage = field(repr=False)
    _seed: int = field(repr=False)

    @property
    def data(self) -> bytes:
        """The bytes of the data set, without file meta information; the same every time."""
        dataset = deepcopy(_whole(self._seed))
        if self._damage.syntax == ImplicitVRLittleEndian:
            dataset = transcoded(dataset, ImplicitVRLittleEndian)
        return self._damage.change(dataset)


def catalogue(seed: int = 0) -> tuple[Malformed, ...]:
    """Every malformed object, each an instance of its own study, always in the same order."""
    made = []
    every = chain(damaged_bytes.damages(), damaged_content.damages())
    for number, damage in enumerate(every, start=1):
        whole = _whole(seed * 1000 + number)
        made.append(
            Malformed(
                name=damage.name,
                transfer_syntax=str(damage.syntax),
                acceptable=damage.acceptable,
                SOPClassUID=str(whole.SOPClassUID),
                SOPInstanceUID=str(whole.SOPInstanceUID),
                _damage=damage,
                _seed=seed * 1000 + number,
            )
        )
    return tuple(made)


@cache
def _whole(seed: int) -> Dataset:
    study = synthetic_study(seed, views=1, rows=SIZE, columns=SIZE, voi=Voi.WINDOW)
    return study.datasets[0]
