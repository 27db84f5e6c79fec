"""A process ends at SIGTERM, whatever hangs."""

import signal
import sys
from subprocess import PIPE, Popen

import pytest

PROGRAM = """
import threading
from servicekit.logs import configure_logging
from servicekit.serving.shutdown import stop_on_signal
configure_logging()
stop = threading.Event()
stop_on_signal(stop.set, seconds={seconds})
print("ready", flush=True)
stop.wait()
{last}
"""


@pytest.mark.parametrize(
    ("seconds", "last", "code", "logged"),
    [
        (0.1, "threading.Event().wait()", 1, b"stopped_by_watchdog"),
        (0.1, "threading.Thread(target=threading.Event().wait).start()", 1, b"stopped_by_watchdog"),
        (60, "pass", 0, b""),
    ],
    ids=["hangs", "leaves a thread", "ends"],
)
def test_a_process_that_does_not_end_is_killed(seconds: float, last: str, code: int, logged: bytes) -> None:
    """It says so in its log; one that ends by itself is left alone."""
    program = PROGRAM.format(seconds=seconds, last=last)
    with Popen([sys.executable, "-c", program], stdout=PIPE, stderr=PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert logged in output + errors
    assert b"Traceback" not in errors
