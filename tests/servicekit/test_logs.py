"""Logs as logfmt lines on standard error."""

import json
import logging
import re

import pytest
import structlog

from servicekit.logs import configure_logging, finish_logs

pytestmark = pytest.mark.usefixtures("restored_logging")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error, with nothing on standard output."""
    finish_logs()
    output = capsys.readouterr()
    assert output.out == ""
    return output.err.splitlines()


def test_an_event_is_one_logfmt_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Time in UTC, level and event come first; values with spaces are quoted."""
    configure_logging()
    structlog.get_logger().info("call", method="/A/B", reason='two "words"')
    (line,) = lines(capsys)
    assert re.fullmatch(
        r'timestamp=\d{4}-\d\d-\d\dT[\d:.]+Z level=info event=call method=/A/B reason="two \\"words\\""', line
    )


def test_an_exception_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback is a field with escaped line ends, so a message cannot forge a line of the log."""
    configure_logging()
    try:
        raise RuntimeError("first\nlevel=info event=forged")
    except RuntimeError:
        structlog.get_logger().exception("call_failed", error_id="x")
    (line,) = lines(capsys)
    assert "event=call_failed" in line
    assert "level=error" in line
    assert "RuntimeError: first" in line


def test_debug_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Only events from INFO up are logged."""
    configure_logging()
    structlog.get_logger().debug("detail")
    assert lines(capsys) == []


def test_warnings_of_libraries_have_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The standard library's loggers log from WARNING up."""
    configure_logging()
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("beware of %s", "dogs")
    (line,) = lines(capsys)
    assert re.fullmatch(r'timestamp=\S+ level=warning event="beware of dogs"', line)


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A second call replaces the first one's handler."""
    configure_logging()
    configure_logging()
    logging.getLogger("some.library").warning("once")
    assert len(lines(capsys)) == 1


def test_events_may_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, with numbers as numbers; exceptions and the lines of libraries too."""
    configure_logging("json")
    structlog.get_logger().info("call", ms=1.5, reason='two "words"\nand a line')
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        structlog.get_logger().exception("call_failed")
    logging.getLogger("some.library").warning("beware of %s", "dogs")
    event, failure, warning = map(json.loads, lines(capsys))
    assert event.pop("timestamp").endswith("Z")
    assert event == {"level": "info", "event": "call", "ms": 1.5, "reason": 'two "words"\nand a line'}
    assert "RuntimeError: first\nsecond" in failure["exception"]
    assert (warning["level"], warning["event"]) == ("warning", "beware of dogs")
