"""Three of the four roles of a node: each runs in a process of its own until it is told to stop.

Each returns whether it is to be started again at once, as it is when another model came into use.
Receiving (`receive_role`) goes on through that: a sender notices nothing.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from triage_agent.adapters.engine.apscheduler_engine import ApschedulerEngine
from triage_agent.adapters.processes.role_process import serve_until_stopped
from triage_agent.composition import (
    Node,
    build_announcer,
    build_decoders,
    build_destination,
    build_identity_provider,
    health_limits,
    scope_rule,
)
from triage_agent.domain.study import StudyImages
from triage_agent.model_in_use import (
    ModelWatch,
    algorithm_rule,
    model_card,
    operating_point_rule,
    take_up_model,
)
from triage_agent.ports.surroundings import Destination

if TYPE_CHECKING:
    from triage_agent.deliver.announcing import Announcer
from triage_agent.shown_settings import shown_settings
from triage_agent.signs_of_life import SignsOfLife, beat_until_the_end

# How often a role looks for rows that are due. A look without work costs a fraction of a
# millisecond; this is what an idle node adds to the time until a study is placed.
SCORE_SECONDS = 0.05
SWEEP_SECONDS = 0.25
DELIVER_SECONDS = 0.5
AUDIT_SEAL_SECONDS = 10.0  # so long may a line be changed without leaving a trace
DELIVERY_BATCH = 64  # objects over one association, before the most urgent are asked for again
STOP_SECONDS = 6.0  # the supervisor waits a little longer
PRUNE_SECONDS = 3600.0
FIGURES_KEPT = timedelta(days=8)  # of single images; what is shown covers a day
LIST_NICENESS = 10  # scoring, and a reader who waits for a study's images, go first


def run_infer(node: Node, stop: threading.Event) -> bool:
    """Score images as they come, and place their studies."""
    # Imported here: the other roles need no inference runtime.
    from triage_agent.adapters.torch_inference.judges import load_judge
    from triage_agent.infer.scoring import score_due
    from triage_agent.pipeline import assess_due

    settings = node.settings
    loaded = take_up_model(settings)
    operating_point = operating_point_rule(algorithm_rule(settings, loaded))
    served = load_judge(settings.infer, loaded, settings.data_dir / "cache")
    decoders = build_decoders(node, loaded)

    def score() -> None:
        while not stop.is_set() and score_due(
            node.register,
            decoders,
            served.judge,
            node.clock,
            limit=settings.infer.batch_images,
            maximum_attempts=settings.infer.maximum_attempts,
        ):
            assess_due(node.register, operating_point, settings.prioritise, node.clock)

    with ExitStack() as ending:
        ending.callback(decoders.close)
        facts = {"model": loaded.bundle.model, "runtime": served.description}
        beat_until_the_end(ending, SignsOfLife(node, "infer", facts))
        jobs = {"score": (SCORE_SECONDS, score)}
        return _run_engine(ending, jobs, facts, stop, is_outdated=ModelWatch(settings, loaded))


def run_deliver(node: Node, stop: threading.Event) -> bool:
    """Sweep: place, close and report studies; and send results, one job for each destination."""
    from triage_agent.deliver.retry import RetryPolicy
    from triage_agent.deliver.sending import deliver_due
    from triage_agent.pipeline import Reporting, assess_due
    from triage_agent.report.compose import ComposedObject, compose

    settings = node.settings
    loaded = take_up_model(settings)
    algorithm = algorithm_rule(settings, loaded)
    operating_point = operating_point_rule(algorithm)
    decoders = build_decoders(node, loaded)

    def compose_results(images: StudyImages, *others: Any) -> tuple[ComposedObject, ...]:  # noqa: ANN401 (as `compose` takes them)
        return compose(images, *others, algorithm=algorithm(images))

    reporting = Reporting(
        register=node.register,
        outbox=node.outbox,
        store=node.store,
        reader=decoders,
        compose=compose_results,
        destinations=settings.destinations,
        clock=node.clock,
    )

    def sweep() -> None:
        assess_due(node.register, operating_point, settings.prioritise, node.clock)
        node.register.close_due(node.clock.now())
        node.desk.expire_due(node.clock.now())

    def report() -> None:
        while not stop.is_set() and reporting.report_due():
            pass

    def deliver(name: str, destination: Destination) -> None:
        while not stop.is_set() and deliver_due(
            node.outbox,
            name,
            destination,
            node.store,
            clock=node.clock,
            policy=RetryPolicy(),
            batch=DELIVERY_BATCH,
        ):
            pass

    def seal() -> None:
        while not stop.is_set() and node.audit_seals.seal(node.clock.now()):
            pass

    jobs: dict[str, tuple[float, Callable[[], None]]] = {
        "sweep": (SWEEP_SECONDS, sweep),
        "report": (SWEEP_SECONDS, report),
        "forget old figures": (PRUNE_SECONDS, partial(_forget_figures, node)),
        "seal the audit trail": (AUDIT_SEAL_SECONDS, seal),
    }
    for each in settings.destinations:
        job = partial(deliver, each.name, build_destination(settings, each))
        jobs[f"deliver {each.name}"] = (DELIVER_SECONDS, job)
    jobs |= _announcing(node, stop)
    with ExitStack() as ending:
        ending.callback(decoders.close)
        facts = {"destinations": [each.name for each in settings.destinations]}
        beat_until_the_end(ending, SignsOfLife(node, "deliver", facts))
        return _run_engine(ending, jobs, facts, stop, is_outdated=ModelWatch(settings, loaded))


def _announcing(node: Node, stop: threading.Event) -> dict[str, tuple[float, Callable[[], None]]]:
    """Return the jobs that tell webhooks, one for each of them."""

    def announce(announcer: "Announcer") -> None:
        while not stop.is_set() and announcer.announce_due():
            pass

    webhooks = node.settings.webhooks
    node.webhooks.enlist([each.name for each in webhooks])
    return {
        f"tell {each.name}": (DELIVER_SECONDS, partial(announce, build_announcer(node, each)))
        for each in webhooks
    }


def run_web(node: Node, stop: threading.Event) -> bool:
    """Serve the web page and the JSON."""
    from triage_agent.adapters.argon2_passwords import Argon2Passwords
    from triage_agent.adapters.http.access import Access
    from triage_agent.adapters.http.app import create_app
    from triage_agent.adapters.http.facts import NodeFacts
    from triage_agent.adapters.http.server import serve_http
    from triage_agent.adapters.torch_inference.bundle_files import model_name

    settings = node.settings
    loaded = take_up_model(settings)
    decoders = build_decoders(node, loaded, processes=1)
    list_decoders = build_decoders(node, loaded, processes=1, niceness=LIST_NICENESS)
    rule = scope_rule(settings)
    facts = NodeFacts(
        model=model_name(loaded.bundle),
        ae_title=settings.dicom.ae_title,
        policy=settings.prioritise,
        reading=settings.reading,
        operating_point=operating_point_rule(algorithm_rule(settings, loaded)),
        destinations=tuple(each.name for each in settings.destinations),
        webhooks=tuple(each.rule for each in settings.webhooks),
        limits=health_limits(settings),
        settings=shown_settings(settings),
        recognised_by=lambda header: rule.recognise(header).how,
        viewers=settings.http.viewers,
        model_card=model_card(loaded),
    )
    app = create_app(
        worklist=node.worklist,
        register=node.register,
        store=node.store,
        reader=decoders,
        list_reader=list_decoders,
        radiographs=decoders,
        patients=node.patients,
        outbox=node.outbox,
        health=node.health,
        desk=node.desk,
        audit=node.audit,
        preferences=node.preferences,
        feed=node.feed,
        webhooks=node.webhooks,
        tokens=node.tokens,
        accounts=node.accounts,
        passwords=Argon2Passwords(),
        provider=build_identity_provider(settings, node.clock),
        access=Access.from_settings(settings.http),
        clock=node.clock,
        facts=facts,
    )
    with ExitStack() as ending:
        ending.callback(decoders.close)
        ending.callback(list_decoders.close)
        running = serve_http(
            app,
            settings.http.host,
            settings.http.port,
            certificate=settings.http.tls_certificate,
            key=settings.http.tls_key,
            name=next(iter(settings.http.names), ""),
        )
        ending.callback(running.stop, STOP_SECONDS)
        own_facts = {"url": running.url, "port": running.port}
        beat_until_the_end(ending, SignsOfLife(node, "web", own_facts))
        return serve_until_stopped(
            stop,
            own_facts,
            lives=lambda: running.is_alive,
            is_outdated=ModelWatch(settings, loaded),
        )


def _forget_figures(node: Node) -> None:
    node.health.prune(before=node.clock.now() - FIGURES_KEPT)


def _run_engine(
    ending: ExitStack,
    jobs: Mapping[str, tuple[float, Callable[[], None]]],
    facts: Mapping[str, Any],
    stop: threading.Event,
    *,
    is_outdated: Callable[[], bool],
) -> bool:
    engine = ApschedulerEngine()
    for name, (seconds, job) in jobs.items():
        engine.every(seconds, name, job)
    ending.callback(engine.stop, STOP_SECONDS)
    engine.start()
    return serve_until_stopped(stop, facts, is_outdated=is_outdated)
