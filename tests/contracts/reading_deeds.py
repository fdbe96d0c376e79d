"""Short ways to do what readers do to the first study."""

from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import after
from triage_agent.domain.verdict import Judgement, ReaderVerdict
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.ports.reading import ReadingChange

END = after(1800)


def claim(
    ports: RegisterPorts, reader: str = "ann", *, seconds: float = 0, study: str = STUDY
) -> ReadingChange:
    """Claim a study until `END`."""
    return ports.desk.claim(study, reader, now=after(seconds), until=END)


def take_next(
    ports: RegisterPorts, reader: str = "ann", among: WorklistFilter | None = None
) -> str | None:
    """Claim the next study; return its UID."""
    taken = ports.desk.claim_next(reader, now=after(1), until=END, among=among)
    return None if taken is None else taken.StudyInstanceUID


def hold(ports: RegisterPorts, reader: str, seconds: float, study: str = STUDY) -> ReadingChange:
    """Have a study open for a minute from then on."""
    return ports.desk.hold(
        study, reader, now=after(seconds), until=after(seconds + 60), claim_until=END
    )


def read(
    ports: RegisterPorts, reader: str = "ann", *, generation: int = 1, images: int | None = None
) -> ReadingChange:
    """Mark the study as read."""
    return ports.desk.mark_read(STUDY, reader, generation=generation, images=images, now=after(5))


def verdict(reader: str = "ann", seconds: float = 0, **overrides: object) -> ReaderVerdict:
    """Return a verdict on the first generation: agreement, unless said otherwise."""
    values: dict[str, object] = {
        "reader": reader,
        "generation": 1,
        "judgement": Judgement.AGREE,
        "at": after(seconds),
    }
    return ReaderVerdict(**(values | overrides))  # type: ignore[arg-type]


def told(ports: RegisterPorts, number: int = 1) -> list[tuple[str, str]]:
    """Return the last lines of the study's story."""
    return [(each.what, each.detail) for each in ports.register.events(STUDY)[-number:]]
