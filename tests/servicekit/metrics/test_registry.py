"""Registries, and values that are read at a scrape."""

from collections.abc import Iterable, Iterator

from prometheus_client import Counter, generate_latest
from prometheus_client.metrics_core import Metric

from servicekit.deadline import remaining
from servicekit.metrics.registry import READ_SECONDS, DatabaseReadings, Readings, create_registry, gauge


class Away(Exception):
    """The database is away."""


def test_values_are_read_at_each_scrape_and_not_before() -> None:
    """Registering reads nothing: the service may not be ready."""
    values = [1.0, 2.0]

    def read() -> Iterator[Metric]:
        yield gauge("value", "A value.", values.pop(0))

    registry = create_registry()
    registry.register(Readings(read))
    assert values == [1.0, 2.0]
    assert [registry.get_sample_value("value"), registry.get_sample_value("value")] == [1.0, 2.0]


def test_a_database_that_is_away_has_no_values() -> None:
    """Old ones, or zeros, would look like a healthy shop; the rest of the scrape is answered."""
    is_away = True

    def read() -> Iterable[Metric]:
        yield gauge("first", "Read before the outage.", 1)
        if is_away:
            raise Away
        yield gauge("second", "Read after it.", 2)

    registry = create_registry()
    registry.register(DatabaseReadings(read, unavailable=Away))
    values = [registry.get_sample_value(name) for name in ("database_up", "first", "second")]
    assert values == [0.0, None, None]
    is_away = False
    values = [registry.get_sample_value(name) for name in ("database_up", "first", "second")]
    assert values == [1.0, 1.0, 2.0]


def test_reading_a_database_has_a_deadline() -> None:
    """A database that hangs must not keep the thread of the metrics."""
    left: list[float | None] = []

    def read() -> Iterable[Metric]:
        left.append(remaining())
        return ()

    registry = create_registry()
    registry.register(DatabaseReadings(read, unavailable=Away))
    registry.get_sample_value("database_up")
    assert left[0] is not None
    assert 0 < left[0] <= READ_SECONDS


def test_the_process_is_measured_and_counters_are_one_series() -> None:
    """Memory and open files are there; the time at which a counter was made would be a series without use."""
    registry = create_registry()
    Counter("pages", "Pages.", registry=registry).inc()
    text = generate_latest(registry).decode()
    assert "process_resident_memory_bytes " in text
    assert "process_open_fds " in text
    assert "pages_total 1.0" in text
    assert "_created" not in text
