"""TLS and mutual TLS of the server, by real clients."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.health import SERVICE
from servicekit.errors import AddressInUse
from servicekit.grpc.tls import CertificateFiles, CertificateUnusable, channel_credentials, server_credentials
from servicekit.serving.health_check import Unhealthy, check_grpc
from tests.certificates import Authority, Pair
from tests.recommendations.api.conftest import Running, Start

DEADLINE = 20
METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name[SERVICE].methods]
# Otherwise another channel's connection would be used, which was made with another certificate.
OWN_CONNECTIONS = [("grpc.use_local_subchannel_pool", 1)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "own")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the server does not trust."""
    return Authority(tmp_path_factory.mktemp("tls") / "foreign")


@contextmanager
def connected(running: Running, ca: Path, own: Pair | None = None) -> Iterator[grpc.Channel]:
    """A new connection over TLS, with a client certificate or without."""
    pair = (own.certificate, own.key) if own else ()
    with grpc.secure_channel(running.address, channel_credentials(ca, *pair)(), OWN_CONNECTIONS) as channel:
        yield channel


def code_of(channel: grpc.Channel, method: str = "Recommend") -> grpc.StatusCode:
    """The status of a call with an empty message, which every method refuses or answers."""
    call: Any = channel.unary_unary(f"/{SERVICE}/{method}")
    try:
        call(b"", timeout=DEADLINE)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def is_answered(running: Running, ca: Path, own: Pair | None = None) -> bool:
    with connected(running, ca, own) as channel:
        return code_of(channel) is not grpc.StatusCode.UNAVAILABLE


def test_calls_over_tls(start: Start, authority: Authority, stranger: Authority) -> None:
    """A client that trusts the authority is answered; one that trusts another, or speaks plain gRPC, is not."""
    running = start(tls=authority.server_files())
    assert is_answered(running, authority.file)
    assert not is_answered(running, stranger.file)
    assert code_of(running.channel) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("method", METHODS)
def test_mutual_tls_protects_every_method(
    start: Start, authority: Authority, stranger: Authority, method: str
) -> None:
    """No certificate, an expired one and one of another authority are refused before the method is reached."""
    running = start(tls=authority.server_files(mutual=True))
    refused = [None, authority.issue("expired", expired=True), stranger.issue("client")]
    for pair in refused:
        with connected(running, authority.file, pair) as channel:
            assert code_of(channel, method) is grpc.StatusCode.UNAVAILABLE
    with connected(running, authority.file, authority.issue("client")) as channel:
        assert code_of(channel, method) is not grpc.StatusCode.UNAVAILABLE


def test_a_new_certificate_is_used_by_new_connections(
    start: Start, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    """Without a restart; what is open stays. A new CA of clients counts too, and the change is logged once."""
    served = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    authority.issue("server").copy_to(served)
    clients = tmp_path / "clients.pem"
    clients.write_bytes(authority.file.read_bytes())
    running = start(tls=CertificateFiles(served.certificate, served.key, clients))
    old, new = authority.issue("client"), stranger.issue("client")
    with connected(running, authority.file, old) as channel, capture_logs() as logs:
        assert code_of(channel) is not grpc.StatusCode.UNAVAILABLE
        stranger.issue("server").copy_to(served)
        clients.write_bytes(stranger.file.read_bytes())
        for _ in range(2):
            assert is_answered(running, stranger.file, new)
            assert not is_answered(running, stranger.file, old)
        assert code_of(channel) is not grpc.StatusCode.UNAVAILABLE
    assert [log["event"] for log in logs] == ["certificate_loaded"]


@pytest.mark.parametrize("file", ["certificate", "key", "client_ca"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_unusable_file_changes_nothing(
    start: Start, authority: Authority, tmp_path: Path, file: str, content: bytes | None
) -> None:
    """Missing, empty or malformed: the old certificate stays and the reason is logged once; a good one loads."""
    folder = Authority(tmp_path / "own")
    files = folder.server_files(mutual=True)
    path: Path = getattr(files, file)
    good, client = path.read_bytes(), folder.issue("client")
    running = start(tls=files)
    ca = tmp_path / "ca.pem"
    ca.write_bytes(folder.file.read_bytes())
    with capture_logs() as logs:
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        for _ in range(3):
            assert is_answered(running, ca, client)
        assert [log["event"] for log in logs] == ["certificate_refused"]
        assert str(path) in logs[0]["reason"]
        path.write_bytes(good)
        assert is_answered(running, ca, client)
    assert len(logs) == 1


def test_a_key_of_another_certificate_changes_nothing(start: Start, authority: Authority, tmp_path: Path) -> None:
    """Between the replacement of the two files the old pair is served; then the new one."""
    own = Authority(tmp_path / "own")
    files = own.server_files()
    running = start(tls=files)
    other = authority.issue("next")
    files.certificate.write_bytes(other.certificate.read_bytes())
    assert is_answered(running, own.file)
    files.key.write_bytes(other.key.read_bytes())
    assert is_answered(running, authority.file)
    assert not is_answered(running, own.file)


def test_certificates_are_exchanged_under_load(start: Start, authority: Authority, tmp_path: Path) -> None:
    """Fifty exchanges while eight clients connect and call: no call fails."""
    served = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    certificates = [authority.issue(f"server-{number}") for number in range(2)]
    certificates[0].copy_to(served)
    running = start(tls=CertificateFiles(served.certificate, served.key))
    ended = threading.Event()

    def call() -> list[grpc.StatusCode]:
        codes = []
        while not ended.is_set():
            with connected(running, authority.file) as channel:
                codes += [code_of(channel) for _ in range(5)]
        return codes

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(call) for _ in range(8)]
        try:
            for number in range(50):
                certificates[number % 2].copy_to(served)
                assert is_answered(running, authority.file)
        finally:
            ended.set()
        codes = {code for done in calls for code in done.result(DEADLINE)}
    assert codes == {grpc.StatusCode.OK}


def test_unusable_files_at_the_start(authority: Authority, tmp_path: Path) -> None:
    """The error names the file and says what is wrong with it, on both sides; a password is never asked for."""
    pair, missing = authority.issue("server"), tmp_path / "missing.pem"
    with pytest.raises(CertificateUnusable, match=r"cannot read .*missing\.pem: No such file"):
        server_credentials(CertificateFiles(missing, pair.key))
    with pytest.raises(CertificateUnusable, match=r"server\.pem and .* are not a certificate and its key"):
        server_credentials(CertificateFiles(pair.certificate, authority.issue("other").key))
    with pytest.raises(CertificateUnusable, match=r"server\.key has no certificates"):
        server_credentials(CertificateFiles(pair.certificate, pair.key, pair.key))
    with pytest.raises(CertificateUnusable, match=r"cannot read .*missing\.pem: No such file"):
        channel_credentials(missing)
    with pytest.raises(CertificateUnusable, match="are not a certificate and its key"):
        channel_credentials(authority.file, pair.certificate, authority.file)


def test_a_clients_files_are_read_again(authority: Authority, stranger: Authority, tmp_path: Path) -> None:
    """Its credentials stay the same until the files change to something usable; each change is logged once."""
    own = Pair(tmp_path / "client.pem", tmp_path / "client.key")
    old, new = authority.issue("old"), authority.issue("new")
    old.copy_to(own)
    newest = channel_credentials(authority.file, own.certificate, own.key)
    with capture_logs() as logs:
        first = newest()
        assert newest() is first
        own.certificate.write_bytes(new.certificate.read_bytes())
        assert newest() is newest() is first  # the key is still the old one
        new.copy_to(own)
        assert newest() is not first
        assert newest() is newest()
    assert [log["event"] for log in logs] == ["certificate_refused", "certificate_loaded"]


def test_health_is_answered_without_tls_on_loopback(start: Start, authority: Authority) -> None:
    """By its own port, which knows no other method; by the server's port it is answered to clients with TLS."""
    running = start(tls=authority.server_files(mutual=True))
    port = running.server.health_port
    assert port is not None
    with pytest.raises(Unhealthy, match="not serving"):
        check_grpc("127.0.0.1", port, SERVICE)
    running.server.set_serving(serving=True)
    check_grpc("127.0.0.1", port, SERVICE)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert {code_of(channel, method) for method in METHODS} == {grpc.StatusCode.UNIMPLEMENTED}
    with connected(running, authority.file, authority.issue("client")) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=DEADLINE)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    running.server.drain(notice=0.0, grace=0.1)
    with pytest.raises(Unhealthy, match="no answer"):
        check_grpc("127.0.0.1", port, SERVICE)


def test_a_port_for_health_that_is_in_use(start: Start, authority: Authority) -> None:
    """The error names its setting."""
    port = start(tls=authority.server_files()).server.health_port
    with pytest.raises(AddressInUse, match=rf"127\.0\.0\.1:{port}.* see RECOMMENDATIONS_HEALTH_PORT"):
        start(tls=authority.server_files(), health_port=port)


def test_there_is_no_port_for_health_without_tls(running: Running) -> None:
    """It is answered by the server's own."""
    assert running.server.health_port is None


def test_a_stub_works_over_tls(start: Start, authority: Authority) -> None:
    """As in the README."""
    running = start(tls=authority.server_files())
    with connected(running, authority.file) as channel:
        request = pb.RecommendationRequest(user_id=1, any_category=True)
        pb_grpc.RecommendationsStub(channel).Recommend(request, timeout=DEADLINE)
