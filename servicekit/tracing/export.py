"""OpenTelemetry's SDK, which samples spans and sends them to a collector; loaded only when there is one."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from servicekit.settings import SettingsError
from servicekit.tracing.spans import tracing_by

FLUSH_SECONDS = 2.0
"""How long a process that ends waits for its last spans to be sent."""

LOG_SECONDS = 60.0

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_log = structlog.get_logger()


def has_collector(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a collector of traces and does not switch them off."""
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    has_exporter = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() in {"", "otlp"}
    return any(environment.get(name) for name in _ENDPOINTS) and has_exporter and not is_disabled


@contextmanager
def exporting_traces(service: str) -> Iterator[None]:
    """Send the spans of this process to the collector of the environment while the block lasts, if there is one.

    Spans wait in a bounded queue and are sent by a thread, so nothing waits for the collector. To be entered after a
    fork. `service` is the default of OTEL_SERVICE_NAME. Raises SettingsError.
    """
    if not has_collector():
        yield
        return
    # Importing it takes a third of a second and 20 MB.
    from servicekit.tracing.opentelemetry import provider_of, tracer_of  # noqa: PLC0415

    try:
        provider = provider_of(service, on_lost=Losses().add)
    except ValueError as error:
        # Most malformed values are replaced by defaults, with a warning; of the others the text has no secret.
        raise SettingsError(f"a variable of OpenTelemetry, OTEL_…, is malformed: {error}") from error
    try:
        with tracing_by(tracer_of(provider)):
            yield
    finally:
        # Its own end would wait for a collector that hangs for half a minute.
        ending = threading.Thread(target=provider.shutdown, name="end of traces", daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)


class Losses:
    """Logs spans that were not sent, once a minute at most; one thread calls it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lost = 0
        self._logged_at = float("-inf")

    def add(self, spans: Sequence[object]) -> None:
        """Count spans that the collector did not take."""
        self._lost += len(spans)
        if self._clock() >= self._logged_at + LOG_SECONDS:
            _log.warning("traces_not_exported", spans=self._lost)
            self._logged_at, self._lost = self._clock(), 0
