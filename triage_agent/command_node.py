"""The node's rows as commands open them: with what is there, or made where there is nothing yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.composition import Node, open_node
from triage_agent.errors import SettingsInvalid
from triage_agent.settings import Settings


@contextmanager
def served_node(settings: Settings) -> Iterator[Node]:
    """Open the node's rows, or say that there are none yet."""
    with open_node(settings) as node:
        if current_revision(node.database) != newest_revision():
            raise SettingsInvalid(
                f"there is no up-to-date database in {settings.data_dir}: start `triage-agent "
                "serve` once, run `triage-agent db upgrade`, or set TRIAGE_DATA_DIR to the node's"
            )
        yield node


@contextmanager
def prepared_node(settings: Settings) -> Iterator[Node]:
    """Open the node's rows, made here if there are none: for commands that come before `serve`.

    Raises SettingsInvalid if they are of another version of the node.
    """
    with open_node(settings) as node:
        revision = current_revision(node.database)
        if revision is None:
            from triage_agent.adapters.sql.migrate import upgrade  # takes long to load

            upgrade(node.database)
        elif revision != newest_revision():
            raise SettingsInvalid(
                f"the database of {settings.data_dir} is of another version of the node: run "
                "`triage-agent db upgrade`, or start `triage-agent serve` once"
            )
        yield node
