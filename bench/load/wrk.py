"""Running wrk and reading its report."""

import re
from dataclasses import dataclass

THREADS, CONNECTIONS = 2, 16


@dataclass(frozen=True)
class WrkReport:
    """Pages a second, latencies as printed by wrk, responses other than 2xx and 3xx, and socket errors."""

    rate: float
    p50: str
    p99: str
    bad_answers: int
    socket_errors: int


def wrk_command(url: str, seconds: int, *, cookie: str = "") -> tuple[str, ...]:
    """The command line for a load on `url`."""
    headers = ("-H", f"Cookie: {cookie}") if cookie else ()
    return ("wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *headers, url)


def milliseconds(latency: str) -> float:
    """Convert a latency as printed by wrk to milliseconds."""
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", latency)
    if match is None:
        raise ValueError(f"no latency: {latency!r}")
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[match[2]]


def read_report(output: str) -> WrkReport:
    """Parse the output of wrk. Raises ValueError if it is no report."""
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    return WrkReport(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", output)),
        p50=_found(r"(?m)^ +50% +(\S+)", output),
        p99=_found(r"(?m)^ +99% +(\S+)", output),
        bad_answers=int(_found(r"Non-2xx or 3xx responses: (\d+)", output, otherwise="0")),
        socket_errors=sum(map(int, errors.groups())) if errors else 0,
    )


def _found(pattern: str, output: str, *, otherwise: str | None = None) -> str:
    match = re.search(pattern, output)
    if match is not None:
        return match[1]
    if otherwise is None:
        raise ValueError(f"no {pattern!r} in what wrk printed:\n{output}")
    return otherwise
