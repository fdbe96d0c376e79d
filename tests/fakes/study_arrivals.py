"""What the arrival of an instance makes of a study: the fake register's own account of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.domain.instant import was_ahead
from triage_agent.domain.study import Study, StudyState
from triage_agent.ports.register import StudyOpening


def first_row(
    instance: Instance, opening: StudyOpening, *, stat: bool, closes_at: datetime
) -> Study:
    """Return a study as its first instance makes it."""
    header, at = instance.header, instance.received_at
    return Study(
        StudyInstanceUID=header.StudyInstanceUID,
        PatientID=header.PatientID,
        PatientName=header.PatientName,
        PatientBirthDate=header.PatientBirthDate,
        PatientSex=header.PatientSex,
        AccessionNumber=header.AccessionNumber,
        StudyDate=header.StudyDate,
        StudyTime=header.StudyTime,
        StudyDescription=header.StudyDescription,
        region=instance.region,
        laterality=_side_of(instance),
        stat=stat,
        state=StudyState.OPEN,
        generation=1,
        revision=1,
        assessed_revision=0,
        assessment=opening.assessment,
        placement=opening.placement,
        arrived_at=at,
        last_instance_at=at,
        closes_at=closes_at,
        closed_at=None,
    )


def filled_in(
    study: Study, instance: Instance, *, stat: bool, earlier: Sequence[Instance]
) -> Study:
    """Return a study with what an instance adds to its attributes after `earlier` ones."""
    header = instance.header
    regions = [study.region, instance.region]
    if _is_in_scope(instance) and not any(map(_is_in_scope, earlier)):
        regions.reverse()
    at = instance.received_at
    if was_ahead(study.last_instance_at, at):
        closes_at = at if study.state is StudyState.OPEN else study.closes_at
        study = replace(study, last_instance_at=at, closes_at=closes_at)
    return replace(
        study,
        PatientID=study.PatientID or header.PatientID,
        PatientName=study.PatientName or header.PatientName,
        PatientBirthDate=study.PatientBirthDate or header.PatientBirthDate,
        PatientSex=study.PatientSex or header.PatientSex,
        AccessionNumber=study.AccessionNumber or header.AccessionNumber,
        StudyDate=study.StudyDate or header.StudyDate,
        StudyTime=study.StudyTime or header.StudyTime,
        StudyDescription=study.StudyDescription or header.StudyDescription,
        region=regions[0] or regions[1],
        laterality=_together(study.laterality, _side_of(instance)),
        stat=study.stat or stat,
        last_instance_at=max(study.last_instance_at, at),
    )


def _is_in_scope(instance: Instance) -> bool:
    return instance.state is not InstanceState.EXCLUDED


def _side_of(instance: Instance) -> str:
    return instance.header.ImageLaterality if _is_in_scope(instance) else ""


def _together(side: str, another: str) -> str:
    return "B" if {side, another} in ({"L", "R"}, {"L", "B"}, {"R", "B"}) else side or another


def arrived(study: Study, instance: Instance, *, closes_at: datetime, became_stat: bool) -> Study:
    """Return a study as a further instance leaves it."""
    in_scope = _is_in_scope(instance)
    if in_scope or became_stat:
        study = replace(study, revision=study.revision + 1)
    if study.state is StudyState.OPEN:
        return replace(study, closes_at=max(study.closes_at, closes_at))
    if not in_scope:
        return study
    return replace(
        study,
        state=StudyState.OPEN,
        generation=study.generation + 1,
        closes_at=closes_at,
        closed_at=None,
    )
