"""Structured logs: each event is one line on standard error, of key=value pairs or a JSON object."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Literal

import structlog

from servicekit.background_writer import BackgroundWriter

FINISH_SECONDS = 1.0
"""How long a process that ends waits for its last lines to be written."""

_log = structlog.get_logger()


LogFormat = Literal["logfmt", "json"]


def configure_logging(form: LogFormat = "logfmt") -> None:
    """Send structlog's events, and those of libraries from WARNING up, to standard error, a line each."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render: structlog.types.Processor = structlog.processors.JSONRenderer()
    if form == "logfmt":
        render = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


@contextmanager
def logging_in_background() -> Iterator[None]:
    """Log without ever waiting for standard error or failing with it, and all else that is written there likewise."""
    _open_standard_descriptors()
    with redirect_stderr(BackgroundWriter(sys.stderr, on_dropped=_report_dropped)):
        configure_logging()
        # Those of libraries, such as NumPy's.
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)
            finish_logs()


@contextmanager
def output_in_background() -> Iterator[None]:
    """Likewise for standard output; for commands that serve, which must not depend on it."""
    with redirect_stdout(BackgroundWriter(sys.stdout)) as output:
        try:
            yield
        finally:
            output.finish(FINISH_SECONDS)


def finish_logs() -> None:
    """Wait until the lines so far are written, but not long; needed before `os._exit`."""
    if isinstance(sys.stderr, BackgroundWriter):
        sys.stderr.finish(FINISH_SECONDS)


def _report_dropped(lines: int) -> None:
    _log.warning("log_lines_dropped", lines=lines)


def _open_standard_descriptors() -> None:
    """Open those that the process was started without: a database that got one would get what libraries print."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
