"""Drills: tests that `make drill NAME` runs at full length and `make test` in a short form."""

import os
import subprocess
import sys
from dataclasses import dataclass

VARIABLE = "DRILL"


@dataclass(frozen=True)
class Drill:
    """A drill's tests, and its time limit in minutes."""

    description: str
    tests: tuple[str, ...]
    minutes: int
    prints: bool = False
    """Whether it runs in this process, which shows what it measures."""


DRILLS = {
    "kill": Drill("kill every command and the server 100 times each", ("tests/e2e/faults/test_kill.py",), 90),
    "sell": Drill(
        "place 1,000 orders while every process is killed repeatedly",
        ("tests/e2e/selling/test_selling_kill.py", "tests/e2e/selling/test_relay_kill.py"),
        15,
    ),
    "mail": Drill(
        "place 1,000 orders while relay, notices, mail server and RabbitMQ are killed repeatedly",
        ("tests/e2e/notices/test_mail_kill.py",),
        30,
        prints=True,
    ),
    "talk": Drill(
        "send 10,000 messages of 50 senders while live and the relay are killed repeatedly",
        ("tests/e2e/selling/test_conversation_kill.py",),
        60,
    ),
    "restore": Drill(
        "back up and restore the shop and Recommendations while readers place 2,000 orders, on both databases",
        ("tests/e2e/backups/test_backup.py",),
        15,
    ),
    "fleet": Drill(
        "kill and replace every container of deploy/ in turn while readers, buyers and callers use the shop",
        ("tests/e2e/deploy/test_fleet.py",),
        45,
        prints=True,
    ),
    "roll": Drill(
        "replace Recommendations under load on the Kubernetes cluster that TEST_KUBECONFIG names",
        ("tests/e2e/deploy/test_roll.py",),
        15,
        prints=True,
    ),
    "freeze": Drill(
        "measure lists and writes while PostgreSQL is frozen", ("tests/e2e/faults/test_frozen_database.py",), 15
    ),
    "look": Drill("check every page in every width and theme", ("tests/e2e/pages/test_look.py",), 15),
    "attack": Drill(
        "attack every page and form as every kind of user, on both databases",
        ("tests/marketplace/web/test_hostile_crawl.py",),
        15,
    ),
    "api": Drill(
        "send every operation of the HTTP API 50 times the requests that its document describes, and malformed ones",
        ("tests/marketplace/web/api/test_generated.py",),
        30,
    ),
    "rules": Drill(
        "check the rules of carts, orders and payments with 30 times the examples",
        ("tests/marketplace/usecases/selling/test_rules.py",),
        15,
    ),
    "fuzz": Drill(
        "send 100,000 malformed messages to Recommendations and 20,000 malformed requests to the shop",
        ("tests/contract/test_fuzz.py", "tests/e2e/faults/test_hostile_http.py"),
        30,
        prints=True,
    ),
    "soak": Drill(
        "load all services for an hour, or MINUTES=…, and fail if memory, files or threads grow",
        ("tests/e2e/soak/test_soak.py",),
        24 * 60,
        prints=True,
    ),
}


def is_running(name: str) -> bool:
    """Whether this drill runs at full length."""
    assert name in DRILLS
    return os.environ.get(VARIABLE) == name


def main(arguments: list[str]) -> int:
    """Run the named drill, or print the names; returns the exit code."""
    if not arguments:
        print("\n".join(f"  {name:<14}{drill.description}" for name, drill in DRILLS.items()))  # noqa: T201
        return 0
    (name,) = arguments
    if name not in DRILLS:
        print(f"there is no drill {name!r}: use {', '.join(DRILLS)}", file=sys.stderr)  # noqa: T201
        return 2
    drill = DRILLS[name]
    seconds = str(drill.minutes * 60)
    processes = ["--numprocesses=0", "--capture=no"] if drill.prints else ["--numprocesses=logical"]
    command = ["-m", "pytest", *processes, f"--timeout={seconds}", f"--session-timeout={seconds}"]
    return subprocess.run(
        [sys.executable, *command, *drill.tests], env={**os.environ, VARIABLE: name}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
