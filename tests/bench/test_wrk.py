"""Parsing the output of wrk."""

import pytest

from bench.load.wrk import WrkReport, milliseconds, read_report, wrk_command

GOOD = """\
Running 12s test @ http://127.0.0.1:5001/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    54.12ms   23.45ms 399.99ms   88.88%
    Req/Sec   148.23     30.12   220.00     77.50%
  Latency Distribution
     50%   52.01ms
     75%   60.00ms
     90%   81.20ms
     99%    1.36s
  3551 requests in 12.01s, 20.55MB read
"""
BAD = "  Socket errors: connect 0, read 1, write 2, timeout 4\n  Non-2xx or 3xx responses: 17\n"
RATES = "Requests/sec:    295.67\nTransfer/sec:      1.71MB\n"


def test_a_run_without_errors() -> None:
    """wrk omits the lines about errors if there are none."""
    assert read_report(GOOD + RATES) == WrkReport(295.67, "52.01ms", "1.36s", 0, 0)


def test_errors_are_counted() -> None:
    """Bad responses and socket errors of every kind are counted."""
    assert read_report(GOOD + BAD + RATES) == WrkReport(295.67, "52.01ms", "1.36s", 17, 7)


def test_other_output_is_no_report() -> None:
    """The error shows the output."""
    with pytest.raises(ValueError, match="unable to connect"):
        read_report("unable to connect to 127.0.0.1:5001 Connection refused")


@pytest.mark.parametrize(
    ("text", "expected"), [("350.00us", 0.35), ("52.01ms", 52.01), ("1.36s", 1360), ("2.00m", 120_000)]
)
def test_latencies_in_milliseconds(text: str, expected: float) -> None:
    """All units of wrk are converted."""
    assert milliseconds(text) == pytest.approx(expected)


def test_a_cookie_goes_into_the_command() -> None:
    """The cookie is sent as a header; without a cookie there is no header."""
    assert "Cookie: reader=x" in wrk_command("http://shop/", 2, cookie="reader=x")
    assert "-H" not in wrk_command("http://shop/", 2)
