"""What the list costs among 10^4 to 10^6 stored studies, 10^4 of which wait to be read.

By the wall clock, and by the CPU time of this process and of PostgreSQL's servers for it together:
this machine may do other things at the same time, and the second is what an idle one would take.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from tests.benchmarks.figures import FULL, Figure, Figures
from tests.benchmarks.many_studies import NOW, OPEN_STUDIES, add_studies
from tests.fakes.clock import FakeClock
from tests.fakes.web_node import WebNode
from tests.peers.postgresql import postgresql_cluster
from tests.statement_plans import plans
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import serve_http
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.worklist import SqlWorklist
from triage_agent.domain.band import Band
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.domain.worklist_order import ListColumn, WorklistOrder

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

STORED = 1_000_000 if FULL else 100_000
SIZES = [size for size in (10_000, 100_000) if size < STORED] + [STORED]
ROUNDS = 5
# Among a hundred times as many, with room for what a busy machine adds: a scan would take a hundred
# times as long. What looks into each study that is not read may take longer: they then lie in more
# pages than the database keeps at hand.
MOST_GROWTH = {"first page, HTTP": 3.0, "page of 50": 3.0, "page of 50, the last": 3.0}
MOST_GROWTH_OF_OTHERS = 8.0
# What a reader waits for, of the server's time: the first page whole; a page of a filter, counted.
MOST_SECONDS_FIRST_PAGE, MOST_SECONDS_FILTERED = 0.2, 0.1
# Below this the clock and the caches decide, not the statement.
NO_TIME = 0.002
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_READ = frozenset({ReadingState.READ})
_FILTERS: dict[str, WorklistFilter] = {
    "region": WorklistFilter(regions=frozenset({Region.WRIST})),
    "band": WorklistFilter(bands=frozenset({Band.HIGH}), high_from=0.8),
    "state": WorklistFilter(reading_states=frozenset({ReadingState.CLAIMED})),
    "mine": WorklistFilter(claimed_by="reader"),
    "overdue": WorklistFilter(overdue=True),
    "site": WorklistFilter(sources=frozenset({"ROOM3"})),
    "modality": WorklistFilter(modalities=frozenset({"DX"})),
    "last 2 hours": WorklistFilter(arrived_within_hours=2),
    "provisional": WorklistFilter(provisional=True),
    "text, 1 letter": WorklistFilter(text="m"),
    "text, 4 letters": WorklistFilter(text="mara"),
    "text, 2 words": WorklistFilter(text="ba wri"),
    "text, nothing found": WorklistFilter(text="zzzz"),
    "read, text": WorklistFilter(reading_states=_READ, text="mara"),
    "read, patient ID": WorklistFilter(reading_states=_READ, text="pid1234"),
}


@dataclass(frozen=True)
class Cost:
    """Medians in seconds, and the least CPU time: what others on the machine do adds to it."""

    wall: float
    cpu: float
    least_cpu: float


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return an empty database whose gigabytes do not outlive the test."""
    with ExitStack() as ending:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'many' / 'list.sqlite3'}"
            (tmp_path / "many").mkdir()
            ending.callback(shutil.rmtree, tmp_path / "many")
        else:
            cluster = ending.enter_context(postgresql_cluster())
            url = cluster.url(cluster.create_database())
        database = Database(url)
        ending.callback(database.dispose)
        upgrade(database)
        yield database


def test_cost_of_the_list(database: Database, figures: Figures) -> None:
    worklist = SqlWorklist(database)
    costs: dict[int, dict[str, Cost]] = {}
    filled = 0
    for size in SIZES:
        add_studies(database, filled, size)
        filled = size
        with _browser(worklist) as get:
            acts = _acts(worklist, get)
            costs[size] = {name: _cost(database, act) for name, act in acts.items()}
    _tell(figures, KINDS[database.engine.dialect.name], costs)
    _no_statement_looks_at_all_studies(database, worklist)
    least, most = costs[OPEN_STUDIES], costs[STORED]
    for name in least:
        grown = max(most[name].least_cpu, NO_TIME) / max(least[name].least_cpu, NO_TIME)
        # Among read studies there is more to find.
        most_growth = MOST_GROWTH.get(name, MOST_GROWTH_OF_OTHERS)
        assert grown <= most_growth or name.startswith("read"), f"{name}: {grown:.2f} times"
    assert most["first page, HTTP"].least_cpu < MOST_SECONDS_FIRST_PAGE
    late = {name: most[name].least_cpu for name in _FILTERS}
    assert {name: cost for name, cost in late.items() if cost >= MOST_SECONDS_FILTERED} == {}


@contextmanager
def _browser(worklist: SqlWorklist) -> Iterator[Callable[[str], str]]:
    """Serve the list for as long as the block runs; give what asks for a page."""
    node = WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE"))
    node.worklist = worklist  # type: ignore[assignment]
    node.clock = FakeClock(NOW)
    server = serve_http(node.app(), "127.0.0.1", 0)
    try:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            yield lambda address: client.get(address).raise_for_status().text
    finally:
        server.stop()


def _acts(worklist: SqlWorklist, get: Callable[[str], str]) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    uids = [each.study.StudyInstanceUID for each in worklist.page(limit=20)]
    version = worklist.version() - 50
    acts: dict[str, Callable[[], object]] = {
        "first page, HTTP": lambda: get("/"),
        "list by region, HTTP": lambda: get("/list?region=WRIST"),
        "search, HTTP": lambda: get("/list?text=mara"),
        "page of 50": lambda: worklist.page(limit=50),
        "page of 50, the last": lambda: worklist.page(limit=50, offset=OPEN_STUDIES - 100),
        "count": worklist.count,
        "places of 20": lambda: worklist.places(uids),
        "version": worklist.version,
        "50 changes": lambda: worklist.changed_since(version),
        "choices": worklist.choices,
    }
    for name, wanted in _FILTERS.items():
        acts[f"{name}"] = partial(_filtered, worklist, wanted)
    for column in ListColumn:
        order = WorklistOrder(column=column, descending=True)
        acts[f"by {column}"] = partial(worklist.page, limit=50, order=order)
    return acts


def _filtered(worklist: SqlWorklist, wanted: WorklistFilter) -> int:
    worklist.page(limit=50, wanted=wanted, now=NOW)
    return worklist.count(wanted, now=NOW, at_most=1000)


def _cost(database: Database, act: Callable[[], object]) -> Cost:
    act()
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), _cpu_seconds(database)
        act()
        walls.append(time.perf_counter() - wall)
        cpus.append(_cpu_seconds(database) - cpu)
    return Cost(statistics.median(walls), statistics.median(cpus), min(cpus))


def _cpu_seconds(database: Database) -> float:
    """Return what this process and its servers of PostgreSQL have used so far."""
    used = time.process_time()
    if database.engine.dialect.name == "postgresql":
        own = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        with database.read() as connection:
            for pid in connection.execute(own).scalars():
                used += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return used


def _no_statement_looks_at_all_studies(database: Database, worklist: SqlWorklist) -> None:
    def act() -> None:
        for name, wanted in _FILTERS.items():
            if not name.startswith("read"):
                _filtered(worklist, wanted)
                worklist.places(["1.2.3"], wanted=wanted, now=NOW)
        for column in ListColumn:
            worklist.page(limit=50, order=WorklistOrder(column=column))

    # Where a tenth of few studies is not read, PostgreSQL may rather look at all of them.
    is_to_search = not FULL and database.engine.dialect.name == "postgresql"
    before = "SET LOCAL enable_seqscan = off" if is_to_search else None
    for plan in plans(database, act, before=before):
        assert not plan.scanned(), plan
    first = plans(database, lambda: worklist.page(limit=50), before=before)[0]
    assert first.walked() == {"ix_worklist_entry_not_read"}, first
    assert not first.is_sorted_by_hand(), first


def _tell(figures: Figures, kind: str, costs: dict[int, dict[str, Cost]]) -> None:
    """Tell the pages at each size, and the slowest of everything else at the largest."""
    for size, of_size in costs.items():
        for name in ("page of 50", "page of 50, the last", "first page, HTTP"):
            what = f"{name}, {size:,} studies, {kind}"
            figures.add(
                "List", Figure(what, "ms", 1e3 * of_size[name].wall, higher_is_better=False)
            )
    others = {
        name: cost.wall
        for name, cost in costs[STORED].items()
        if not name.startswith(("page of 50", "first page"))
    }
    slowest = max(others, key=lambda name: others[name])
    what = f"slowest of {len(others)} filters, sorts and searches ({slowest}), {STORED:,}, {kind}"
    figures.add("List", Figure(what, "ms", 1e3 * others[slowest], higher_is_better=False))
    figures.note("List", f"{OPEN_STUDIES:,} studies are not read; medians of {ROUNDS} rounds.")
