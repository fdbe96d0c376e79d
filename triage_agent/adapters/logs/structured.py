"""Configures structlog, and what libraries log, to write to standard error."""

import logging
import sys
import traceback

import structlog

from triage_agent.errors import TriageError
from triage_agent.settings import LogSettings

# Libraries whose messages may quote data sets or addresses: only that something went wrong counts,
# and the node says so itself with its own words.
QUIET = ("pynetdicom", "pydicom", "highdicom", "apscheduler", "uvicorn.access")


def _marked(role: str) -> structlog.types.Processor:
    def mark(
        logger: object, method: str, event: structlog.types.EventDict
    ) -> structlog.types.EventDict:
        del logger, method
        return {"role": role, **event}

    return mark


def _trace_without_messages(
    logger: object, method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Replace an exception by its type and where it came from: a message may quote a data set."""
    del logger, method
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["error"] = type(error).__name__
        event["trace"] = [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        if isinstance(error, TriageError):  # our own words hold no patient data
            event["cause"] = str(error)
    return event


def configure_logging(settings: LogSettings, *, role: str) -> None:
    """Write one line for each event, as JSON or for people, marked with the role."""
    level = getattr(logging, settings.level.upper())
    shared: list[structlog.types.Processor] = [
        _marked(role),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_without_messages,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
