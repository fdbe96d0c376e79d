"""`triage-agent serve`: prepares the node, starts its roles and supervises them."""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triage_agent.adapters.logs.structured import configure_logging
from triage_agent.adapters.processes.role_process import RESTART_STATUS, die_with_parent
from triage_agent.adapters.processes.starting import program
from triage_agent.adapters.processes.supervisor import Supervisor
from triage_agent.composition import Node, open_node, upgrade_database
from triage_agent.model_in_use import take_up_model
from triage_agent.settings import Settings
from triage_agent.users_command import nobody_line

# The node is of use once these answer; the model warms up behind them, and rows wait for it.
AWAITED = ("receive", "web")


def serve_roles(settings: Settings, roles: Sequence[str], *, echo: Callable[[str], None]) -> int:
    """Run roles until SIGTERM; return the exit status.

    Raises SettingsInvalid, BundleInvalid or DatabaseUnavailable before anything listens.
    """
    configure_logging(settings.log, role="supervisor")
    http = settings.http
    if "web" in roles and http.tls_certificate is not None and http.tls_key is not None:
        from triage_agent.adapters.http.server import check_certificate

        check_certificate(http.tls_certificate, http.tls_key)
    upgrade_database(settings)
    bundle = take_up_model(settings).bundle
    echo("triage-agent: RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.")
    echo(f"data         {settings.data_dir.absolute()}")
    echo(f"model        {bundle.name} {bundle.version} ({bundle.architecture})")
    for each in settings.destinations:
        objects = " and ".join(each.objects)
        echo(f"destination  {each.name}: {each.ae_title} at {each.host}:{each.port}, {objects}")
    if "web" in roles and (line := _who_may_sign_in(settings)):
        echo(line)
    if not settings.destinations:
        echo("destination  none: results stay here (see [[destinations]] in the settings)")

    def on_ready(facts: Mapping[str, Mapping[str, Any]]) -> None:
        if url := facts.get("web", {}).get("url"):
            echo(f"web page     {url}")
        if port := facts.get("receive", {}).get("port"):
            callers = ", ".join(each.ae_title for each in settings.dicom.callers)
            echo(f"callers      {callers or 'anyone on this machine'}")
            echo(f"ready        {settings.dicom.ae_title} at {settings.dicom.host}:{port}")
        else:
            echo(f"ready        {', '.join(roles)}")

    return Supervisor(
        roles,
        program([sys.executable, "-m", "triage_agent.cli", "role"]),
        wait_for=AWAITED if set(AWAITED) & set(roles) else roles,
        on_ready=on_ready,
        pin=_pin,
    ).run()


def _who_may_sign_in(settings: Settings) -> str | None:
    with open_node(settings) as node:
        return nobody_line(node)


def _pin(role: str, facts: Mapping[str, Any]) -> Mapping[str, str]:
    """Keep a port that the system chose when the role is started again."""
    section = {"receive": "DICOM", "web": "HTTP"}.get(role)
    return {f"TRIAGE_{section}__PORT": str(facts["port"])} if section and "port" in facts else {}


def run_role(settings: Settings, name: str) -> None:
    """Run one role in this process until SIGTERM or another model. Does not return."""
    die_with_parent()
    configure_logging(settings.log, role=name)
    run = _role(name)
    with open_node(settings) as node:
        again = run(node, threading.Event())
    # What a thread has not finished by now is due again: rows say so.
    sys.stdout.flush()
    os._exit(RESTART_STATUS if again else 0)


def _role(name: str) -> Callable[[Node, threading.Event], bool]:
    """Return what a role runs; senders wait for the receiver, so it imports none of the others."""
    if name == "receive":
        from triage_agent.receive_role import run_receive

        return run_receive
    from triage_agent.roles import run_deliver, run_infer, run_web

    return {"infer": run_infer, "deliver": run_deliver, "web": run_web}[name]
