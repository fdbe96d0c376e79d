"""Patients who plainly do not exist, with names in the character sets that real archives hold."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np


@dataclass(frozen=True)
class Script:
    """A character set, a name in it, and the language a department with it writes.

    Attributes:
        SpecificCharacterSet: PS3.3 C.12.1.1.2; None where the default repertoire is meant.
        PatientName: A name that says it is synthetic or a sample.
        language: Key into `terms.WORDS`.
    """

    SpecificCharacterSet: str | list[str] | None
    PatientName: str
    language: str


SCRIPTS = (
    Script(None, "Synthetic^Fixture", "en"),
    Script("ISO_IR 100", "Prüfling^Künstlich", "de"),
    Script("ISO_IR 100", "Échantillon^Synthétique", "fr"),
    Script("ISO_IR 192", "Synthetic^Fixture=合成^試験=ごうせい^しけん", "en"),
    Script("ISO_IR 144", "Образцов^Тест", "en"),
    Script("ISO_IR 126", "Δοκιμή^Συνθετική", "en"),
    Script(["", "ISO 2022 IR 87"], "Gosei^Shiken=合成^試験=ごうせい^しけん", "en"),
    Script("GB18030", "Hecheng^Ceshi=合成^测试", "en"),
)

EPOCH = date(2024, 1, 1)
"""Studies are dated from here on, so that no run reads the clock."""


@dataclass(frozen=True)
class Person:
    """A synthetic patient and the day of the examination."""

    PatientID: str
    PatientBirthDate: str
    PatientSex: str
    PatientAge: str
    script: Script
    StudyDate: str
    StudyTime: str


def person(seed: int, *, age_years: int | None = None) -> Person:
    """The patient that belongs to a seed; of any age from 18 to 91 unless it is given."""
    rng = np.random.default_rng((seed, 11))
    script = SCRIPTS[int(rng.integers(len(SCRIPTS)))]
    drawn = int(rng.integers(18, 92))
    years = drawn if age_years is None else age_years
    day = EPOCH + timedelta(days=int(rng.integers(0, 700)))
    born = day - timedelta(days=years * 365 + years // 4 + int(rng.integers(1, 360)))
    seconds = int(rng.integers(7 * 3600, 21 * 3600))
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return Person(
        PatientID=f"SYN-{seed:07d}",
        PatientBirthDate=born.strftime("%Y%m%d"),
        PatientSex=("F", "M", "O")[int(rng.choice(3, p=(0.49, 0.49, 0.02)))],
        PatientAge=f"{age:03d}Y",
        script=script,
        StudyDate=day.strftime("%Y%m%d"),
        StudyTime=f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}",
    )
