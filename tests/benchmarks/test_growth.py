"""What a study costs in SQL from its first image to its sent report, however many are stored.

CPU time, for SQLite works in this process and others on the machine cannot add to it; in rounds
that take the databases in turn. A study's decoding and inference cost the same whatever is stored.
"""

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dicom_fixtures.uids import fixture_uid
from tests.benchmarks.figures import FULL, PLOT, Figure, Figures
from tests.benchmarks.many_studies import add_studies
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import RegisterPorts
from tests.factories import T0, after, make_instance, make_result
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

SIZES = (1_000, 10_000, 100_000, 1_000_000) if FULL else (1_000, 10_000)
ROUNDS = 15 if FULL else 5
STUDIES = 20 if FULL else 6  # of each round, three images each
# From the least stored to the most. Few rounds on a busy machine tell a scan from a search, which
# would cost ten times as much; many tell a tenth.
MOST_GROWTH = 1.10 if FULL else 1.5


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[dict[int, Database]]:
    """Return a database of each size; gigabytes do not outlive the test."""
    folder = tmp_path / "many"
    folder.mkdir()
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, folder)
        made = {size: Database(f"sqlite:///{folder / f'{size}.sqlite3'}") for size in SIZES}
        for size, database in made.items():
            ending.callback(database.dispose)
            upgrade(database)
            add_studies(database, 0, size)
        yield made


def test_a_study_costs_the_same_however_many_are_stored(
    databases: dict[int, Database], figures: Figures
) -> None:
    ports = {size: ports_on(database) for size, database in databases.items()}
    for size, each in ports.items():
        cpu_seconds(each, f"warm up {size}")
    rounds = [
        {size: cpu_seconds(each, f"{number}|{size}") for size, each in ports.items()}
        for number in range(ROUNDS)
    ]
    costs = {size: statistics.median(found[size] for found in rounds) for size in SIZES}
    # Round by round, so that what slows the machine for a while slows both.
    growth = statistics.median(found[SIZES[-1]] / found[SIZES[0]] for found in rounds)
    for size, cost in costs.items():
        name = f"a study's SQL, {size:,} stored (SQLite, CPU time)"
        figures.add("Growth", Figure(name, "ms", 1e3 * cost, higher_is_better=False))
    figures.note(
        "Growth",
        f"From {SIZES[0]:,} to {SIZES[-1]:,} stored studies the SQL of a study grows {growth:.3f} "
        f"times (median of {ROUNDS} interleaved rounds), plotted in docs/cost_per_study.png.",
    )
    if FULL:
        plot(costs)
    assert growth <= MOST_GROWTH


def cpu_seconds(ports: RegisterPorts, label: str) -> float:
    """Return what a study costs from arrival to the sent report, and a look at the list."""
    begun = time.process_time()
    for number in range(STUDIES):
        study = fixture_uid(label, number)
        images = [make_instance(StudyInstanceUID=study) for _ in range(3)]
        for image in images:
            ports.arrive(image)
        assert len(ports.register.begin_scoring(16, now=T0)) == len(images)
        ports.score(*images)
        assert ports.register.unassessed(64) == (study,)
        ports.assess(study)
        assert ports.register.close_due(after(1_000_000)) == (study,)
        assert ports.register.reportable(10) == (study,)
        assert ports.report([make_result(StudyInstanceUID=study)], "pacs", StudyInstanceUID=study)
        [sent] = ports.outbox.due("pacs", now=after(1_000_000), limit=16)
        ports.outbox.record_sent(sent.id, "0x0000", now=after(1_000_000))
        assert len(ports.worklist.page(limit=50)) == 50
    return (time.process_time() - begun) / STUDIES


def plot(costs: dict[int, float]) -> None:
    """Draw the cost over the number of studies stored."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    axes.plot(list(costs), [1e3 * each for each in costs.values()], marker="o")
    axes.set(
        xscale="log",
        ylim=(0, 1.6e3 * max(costs.values())),
        xlabel="studies stored",
        ylabel="ms of CPU",
        title="SQL of one study, from its first image to its sent report",
    )
    axes.grid(alpha=0.3)
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})
    plt.close(figure)
