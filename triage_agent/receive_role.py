"""The role that receives: one process that accepts associations, or several on one port.

Several are forked from one that only looks after them. They share its memory, its listening socket
and the limits of the settings; one that dies takes its own associations with it and no others.
"""

import gc
import json
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from socket import socket
from typing import TYPE_CHECKING, Any

from triage_agent.adapters.dimse.listener import open_listener
from triage_agent.adapters.dimse.listener_probe import ListenerProbe
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.adapters.dimse.shared_associations import OwnAssociations, SharedAssociations
from triage_agent.adapters.dimse.uid_checks import check_length_of_uids_only
from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.adapters.processes.role_process import serve_until_stopped
from triage_agent.adapters.processes.starting import forked
from triage_agent.adapters.processes.supervisor import Supervisor
from triage_agent.composition import Node, open_node, scope_rule
from triage_agent.model_in_use import known_algorithms
from triage_agent.opening import open_study
from triage_agent.prioritise.stat import is_stat
from triage_agent.receive.arrivals import ArrivalCounter
from triage_agent.receive.receiver import Receiver
from triage_agent.signs_of_life import SignsOfLife, beat_until_the_end, day_here

if TYPE_CHECKING:
    from triage_agent.settings import DicomSettings, Settings

NAME = "receive"
# Beyond these the database and the disk are what receiving waits for.
_MOST_PROCESSES = 4
_DRAIN_SECONDS = 6.0
# Those who are asked to stop have this long: the supervisor of all roles waits a little longer.
_STOP_SECONDS = 7.5
# Threads that work for a moment between two waits get their turn sooner than after Python's 5 ms.
_SWITCH_SECONDS = 0.001


def run_receive(node: Node, stop: threading.Event) -> bool:
    """Accept associations; acknowledge what is stored and registered. Never asks for a restart."""
    settings = node.settings
    node.store.discard_leftovers()
    _load(node)
    # Every association waits while Python collects garbage: what is here to stay need not be
    # looked at each time. And what is never written to is shared by all that are forked.
    gc.freeze()
    listener = open_listener(settings.dicom.host, settings.dicom.port)
    names = process_names(settings.dicom)
    if len(names) == 1:
        _serve(node, NAME, stop, listener=listener)
    elif not _supervise(settings, names, listener):
        raise RuntimeError("a process that receives did not stop in time")
    return False


def _load(node: Node) -> None:
    """Have everything in memory that those who are forked use, so that they share it."""
    _ = node.register, node.health, node.clock


def process_names(settings: "DicomSettings") -> tuple[str, ...]:
    """Return the names of the processes that receive, of which the first is that of the role."""
    number = settings.processes or min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))
    return NAME, *(f"{NAME} {each}" for each in range(2, number + 1))


def _supervise(settings: "Settings", names: tuple[str, ...], listener: socket) -> bool:
    """Run the processes until this one is told to stop; say whether all stopped in time."""
    shared = SharedAssociations(len(names), settings.dicom.maximum_associations)

    def run(name: str) -> None:
        configure_logging(settings.log, role=name)
        part = shared.part(names.index(name))
        # What is open in the process that forked is not to be used by another one.
        with open_node(settings) as node:
            _serve(node, name, threading.Event(), listener=listener, part=part, names=names)

    supervisor = Supervisor(
        names,
        forked(run),
        wait_for=names,
        on_ready=_tell,
        pin=lambda _, __: {},
        on_death=lambda name: shared.clear(names.index(name)),
        on_stopping=listener.close,
        stop_seconds=_STOP_SECONDS,
    )
    return supervisor.run() == 0


def _tell(facts: Mapping[str, Mapping[str, Any]]) -> None:
    sys.stdout.write(json.dumps(dict(facts[NAME])) + "\n")
    sys.stdout.flush()


def _serve(
    node: Node,
    name: str,
    stop: threading.Event,
    *,
    listener: socket,
    part: OwnAssociations | None = None,
    names: tuple[str, ...] = (NAME,),
) -> None:
    """Receive in this process."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    check_length_of_uids_only()
    settings = node.settings
    arrivals = ArrivalCounter(day_here)
    receiver = Receiver(
        store=node.store,
        register=node.register,
        clock=node.clock,
        watermark_bytes=settings.storage.watermark_bytes,
        quiet_seconds=settings.assemble.quiet_seconds,
        scope=scope_rule(settings).decide,
        is_stat=lambda header: is_stat(header.priorities),
        open_study=lambda _, decision, stat, arrived_at: open_study(
            decision, stat=stat, arrived_at=arrived_at, policy=settings.prioritise
        ),
        own_device_uids=known_algorithms(settings).device_uids,
        arrived=arrivals.count,
    )
    scp = StorageScp(settings.dicom, receiver.receive, receiver.begin, node=part)
    with ExitStack() as ending:
        port = scp.start(listener)
        ending.callback(scp.stop, _DRAIN_SECONDS)
        facts = {"port": port, "processes": len(names)}
        probe = ListenerProbe(settings.dicom, port).probe
        signs = SignsOfLife(node, name, facts, arrivals=arrivals, probe=probe)
        beat_until_the_end(ending, signs)
        serve_until_stopped(stop, facts)
