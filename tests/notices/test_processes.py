"""Notices as processes: commands, hostile requests, kills, and what stays of a deleted reader."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3
from sqlalchemy import MetaData, create_engine, select, text, update

from events.envelope import CONTENT_TYPE, Event, encode
from events.signature import signed_headers
from notices.store.schema import messages
from servicekit.clock import now
from servicekit.database.engine import database_url as parsed_url
from tests.e2e.processes import ROOT, Process, await_that
from tests.notices.mail_server import mail_server
from tests.notices.samples import ADDRESS, DELETED, ORDER, READER, event, notice, placed

pytestmark = [pytest.mark.long, pytest.mark.slow]

GONE = (str(READER), ADDRESS, "secret.reader", "s3cret", ORDER.order_id)
Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> Environment:
    """Settings for notices of this test's own, on a free port and each database."""
    return {
        "NOTICES_DATA_DIR": str(tmp_path / "new"),
        "NOTICES_DATABASE_URL": database_url,
        "SECRETS_DIR": str(tmp_path / "secrets"),
        "NOTICES_PORT": "0",
        "NOTICES_STAFF_EMAIL": "staff@books.example",
    }


@contextmanager
def running(environment: Environment, **more: str) -> Iterator[Process]:
    """A started process, which must stop cleanly unless it was killed."""
    process = Process("notices", environment | more)
    try:
        yield process
    finally:
        code = process.stop()
    assert code in {0, -signal.SIGKILL}, process.output
    assert "Traceback" not in process.output


def run(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "notices", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def secret(environment: Environment) -> str:
    return (Path(environment["SECRETS_DIR"]) / "notices").read_text(encoding="ascii").strip()


def post(process: Process, environment: Environment, sent: Event, **headers: str) -> int:
    """Send an event; returns the status."""
    body = encode(sent)
    signed = signed_headers(secret(environment), sent.id, now(), body)
    url = f"http://127.0.0.1:{process.port}/events"
    return urllib3.request("POST", url, body=body, headers={"Content-Type": CONTENT_TYPE} | signed | headers).status


def get(process: Process, path: str) -> Any:
    return urllib3.request("GET", f"http://127.0.0.1:{process.port}{path}").json()


def mails(environment: Environment) -> list[Path]:
    return sorted((Path(environment["NOTICES_DATA_DIR"]) / "mail").glob("*.eml"))


def test_a_newcomer_sees_the_mail(environment: Environment) -> None:
    """Without a mail server it is a file that the log names; SIGTERM ends the process with 0."""
    with running(environment) as process:
        assert run(environment | {"NOTICES_PORT": str(process.port)}, "health").stdout == "alive\n"
        assert post(process, environment, event(notice("password_reset"))) == 202
        process.await_output("event=mail_written")
        await_that(lambda: get(process, "/readyz")["waiting"] == 0)
    (file,) = mails(environment)
    assert str(file) in process.output
    assert b"To: " + ADDRESS.encode() in file.read_bytes()
    # Who is written to, and one-use links, are in no log.
    assert [word for word in GONE if word in process.output] == []
    for folder in (Path(environment["NOTICES_DATA_DIR"]), Path(environment["SECRETS_DIR"])):
        assert [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077] == []


def test_failed_messages_are_listed_and_retried(environment: Environment) -> None:
    """By commands, while the service runs or not; the address is masked."""
    missing = run(environment, "failed")
    assert (missing.returncode, "run `python -m notices migrate` first" in missing.stderr) == (1, True)
    assert run(environment, "migrate").returncode == 0
    assert "none" in run(environment, "failed").stdout
    with mail_server() as server:
        server.recipient = lambda address: f"550 no such {address}"
        smtp = {
            "NOTICES_SMTP_HOST": "127.0.0.1",
            "NOTICES_SMTP_PORT": str(server.port),
            "NOTICES_SMTP_SECURITY": "none",
            "NOTICES_SENDER": "shop@books.example",
        }
        with running(environment, **smtp) as process:
            for number in "12":
                assert post(process, environment, event(notice(), number)) == 202
            await_that(lambda: get(process, "/readyz")["failed"] == 2)
            listed = run(environment, "failed").stdout
            assert "SMTP 550: no such s…@example.org" in listed
            assert ADDRESS not in listed
            server.recipient = lambda _address: "250 OK"
            assert run(environment, "retry", "1").stdout == "1 to be sent again\n"
            server.await_mails(1)
            assert run(environment, "retry", "--all").stdout == "1 to be sent again\n"
            server.await_mails(2)
        wrong = run(environment, "retry", "1")
        assert (wrong.returncode, wrong.stderr) == (1, "Error: no failed message 1\n")
        assert run(environment, "retry").returncode == 2
        assert run(environment, "retry", "1", "--all").returncode == 2


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
def test_killed_while_sending(environment: Environment, moment: str) -> None:
    """Killed between the server's 250 and the mark, a mail is sent twice; killed before it, once."""
    with mail_server() as server:
        smtp = {
            "NOTICES_SMTP_HOST": "127.0.0.1",
            "NOTICES_SMTP_PORT": str(server.port),
            "NOTICES_SMTP_SECURITY": "none",
            "NOTICES_SENDER": "shop@books.example",
        }
        with running(environment, **smtp) as process:

            def kill(_envelope: object) -> str:
                server.data = lambda _envelope: "250 OK"
                psutil.Process(process.pid).kill()
                return "250 OK" if moment == "after the answer" else "451 no"

            server.data = kill
            assert post(process, environment, event(notice())) == 202
            await_that(lambda: not psutil.pid_exists(process.pid) or _is_dead(process.pid))
        with running(environment, **smtp) as process:
            # As if the lease had ended; on a busy machine it has.
            engine = create_engine(parsed_url(environment["NOTICES_DATABASE_URL"]))
            with engine.begin() as connection:
                connection.execute(update(messages).values(next_at=now() - timedelta(seconds=1)))
            engine.dispose()
            await_that(lambda: get(process, "/readyz")["waiting"] == 0)
        sent = server.mails
        assert len(sent) == (2 if moment == "after the answer" else 1)
        assert len({mail["Message-ID"] for mail in sent}) == 1


def _is_dead(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def in_database(url: str) -> set[str]:
    """The columns that name a deleted reader, also in PostgreSQL's samples of columns."""
    found, engine, tables = set(), create_engine(parsed_url(url)), MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
        if engine.dialect.name == "postgresql":
            for name, sample in connection.execute(text("SELECT tablename, pg_stats::text FROM pg_stats")):
                found |= {f"samples of {name}" for word in GONE if word in sample and name in tables.tables}
        for table in tables.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                found |= {
                    f"{table.name}.{name}" for name, value in row.items() for word in GONE if word in str(value)
                }
    engine.dispose()
    return found


def test_a_deleted_reader_is_nowhere(environment: Environment, tmp_path: Path) -> None:
    """In no table but as a tombstone, and in no file or log; others' mails stay."""
    with running(environment) as process:
        for number, sent in enumerate(
            [
                notice("password_reset"),
                notice(),
                placed(),
                notice("password_changed", reader_id=7, to="a@b.c", path=""),
            ]
        ):
            assert post(process, environment, event(sent, str(number))) == 202
        await_that(lambda: get(process, "/readyz")["waiting"] == 0)
        assert len(mails(environment)) == 4
        assert in_database(environment["NOTICES_DATABASE_URL"])
        assert post(process, environment, event(DELETED, "deleted")) == 202
        assert post(process, environment, event(notice("order_shipped"), "late")) == 202
        assert len(mails(environment)) == 1
        assert [word for word in GONE if word in process.output] == []
    assert in_database(environment["NOTICES_DATABASE_URL"]) == {"tombstones.reader_id"}
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file.name for file in files if any(word.encode() in file.read_bytes() for word in GONE)] == []


def test_large_bodies_and_strange_requests_store_nothing(environment: Environment) -> None:
    """Over bare sockets: ten megabytes are refused before they are read, also in chunks; garbage too."""
    with running(environment) as process:

        def answer(*parts: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", process.port), 30) as client:
                received = b""
                try:
                    for part in parts:
                        client.sendall(part)
                    while data := client.recv(4096):
                        received += data
                except OSError:
                    pass  # it does not read everything
                return received

        head = (
            b"POST /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/cloudevents+json\r\n"
        )
        large = b"x" * (10 * 1024 * 1024)
        declared = answer(head + b"Content-Length: %d\r\n\r\n" % len(large), large)
        assert declared.startswith(b"HTTP/1.1 413 ")
        assert b'"error"' in declared
        chunked = answer(head + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n" % len(large), large)
        assert chunked.startswith(b"HTTP/1.1 413 ")
        assert answer(head + b"Content-Length: 2\r\n\r\n{}").startswith(b"HTTP/1.1 401 ")
        assert answer(b"\x16\x03\x01\x00\xa5\r\n\r\n").startswith(b"HTTP/1.0 400 ")
        assert answer(head + b"Content-Length: -1\r\n\r\n").startswith(b"HTTP/1.")
        # A captured request is refused when it is six minutes old, and repeated before that it is known.
        sent = event(notice())
        assert [post(process, environment, sent) for _ in range(2)] == [202, 200]
        old = signed_headers(secret(environment), sent.id, now() - timedelta(minutes=6), encode(sent))
        assert post(process, environment, sent, **old) == 401
        await_that(lambda: get(process, "/readyz")["waiting"] == 0)
    assert len(mails(environment)) == 1


@pytest.mark.parametrize(
    ("variable", "value", "status", "named"),
    [
        ("NOTICES_BIND", "203.0.113.1", 1, "NOTICES_BIND"),
        ("SECRETS_DIR", "/dev/null/x", 1, "SECRETS_DIR"),
        ("NOTICES_SMTP_HOST", "mail", 2, "NOTICES_SENDER"),
    ],
)
def test_an_impossible_setting_is_reported_in_one_line(
    environment: Environment, variable: str, value: str, status: int, named: str
) -> None:
    """The setting is named, and nothing is served."""
    result = run(environment | {variable: value}, "start")
    assert (result.returncode, len(result.stderr.splitlines())) == (status, 1)
    assert named in result.stderr
    assert "Traceback" not in result.stderr


def test_the_broker_and_http_are_both_ways_in(environment: Environment) -> None:
    """An unreachable broker does not keep the HTTP server from accepting, nor the process from ending."""
    with running(environment, NOTICES_AMQP_URL="amqp://guest:s3cret@127.0.0.1:1") as process:
        process.await_output("event=broker_unavailable")
        assert post(process, environment, event(notice())) == 202
        assert get(process, "/readyz")["ready"]
    assert "s3cret" not in process.output
