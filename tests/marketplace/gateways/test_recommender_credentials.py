"""How the shop proves to Recommendations who it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import grpc
import pytest
from pydantic import SecretStr

from marketplace.app import connect
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.gateways.channel import RENEW_FAILED_SECONDS, target
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.settings import Settings
from protobufs.recommendations_pb2_grpc import add_RecommendationsServicer_to_server
from servicekit.grpc.tls import CertificateFiles, CertificateUnusable, channel_credentials, server_credentials
from tests.certificates import Authority
from tests.marketplace.fakes import Clock
from tests.marketplace.gateways.conftest import MYSTERY, Servicer

Serve = Callable[[CertificateFiles], int]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def serve(servicer: Servicer) -> Iterator[Serve]:
    """Starts a server with TLS and returns its port."""
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))

        def serve(files: CertificateFiles) -> int:
            server = grpc.server(pool)
            add_RecommendationsServicer_to_server(servicer, server)
            port = server.add_secure_port("127.0.0.1:0", server_credentials(files))
            server.start()
            stack.callback(lambda: server.stop(None).wait())
            return port

        yield serve


def settings(port: int, **further: object) -> Settings:
    return Settings.model_validate(
        {
            "recommendations_host": "localhost",
            "recommendations_port": port,
            "recommendations_timeout_ms": 10_000,
            **further,
        }
    )


def test_the_token_is_sent_with_every_call(servicer: Servicer, port: int) -> None:
    """As a bearer token, by pages and by the relay; it is not in the settings' text."""
    configured = settings(port, recommendations_token=SecretStr("shop.hunter2"))
    assert "hunter2" not in repr(configured)
    with closing(connect(configured)) as recommender:
        recommender.recommend(0, [MYSTERY])
        recommender.remove([1])
        recommender.merge(1, 2)
    assert [metadata["authorization"] for metadata in servicer.metadata] == ["Bearer shop.hunter2"] * 3


def test_without_a_token_no_header_is_sent(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """As before there were tokens."""
    recommender.recommend(0, [MYSTERY])
    assert "authorization" not in servicer.metadata[0]


def test_a_server_with_tls_is_called_if_its_ca_is_known(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    """A plain call and a call that trusts another CA fail as an outage does."""
    port = serve(authority.server_files())
    with closing(connect(settings(port, recommendations_tls_ca=authority.file))) as recommender:
        recommender.recommend(0, [MYSTERY])
    other = Authority(tmp_path / "other").file
    for wrong in (settings(port), settings(port, recommendations_tls_ca=other)):
        with closing(connect(wrong)) as recommender, pytest.raises(RecommenderUnavailable, match="UNAVAILABLE"):
            recommender.recommend(0, [MYSTERY])


def test_mutual_tls(serve: Serve, authority: Authority) -> None:
    """The shop's own certificate is shown; without it no call succeeds."""
    port, own = serve(authority.server_files(mutual=True)), authority.issue("shop")
    tls = {"recommendations_tls_ca": authority.file}
    pair = {
        "recommendations_tls_client_certificate": own.certificate,
        "recommendations_tls_client_key": own.key,
    }
    with closing(connect(settings(port, **tls, **pair))) as recommender:
        recommender.recommend(0, [MYSTERY])
    with closing(connect(settings(port, **tls))) as recommender, pytest.raises(RecommenderUnavailable):
        recommender.recommend(0, [MYSTERY])


def test_a_certificate_for_another_name_is_refused(serve: Serve, authority: Authority) -> None:
    """A certificate of that CA for another name does not make a server Recommendations."""
    files = authority.issue("elsewhere", names=("books.example",))
    port = serve(CertificateFiles(files.certificate, files.key))
    with (
        closing(connect(settings(port, recommendations_tls_ca=authority.file))) as recommender,
        pytest.raises(RecommenderUnavailable),
    ):
        recommender.recommend(0, [MYSTERY])


def test_a_renewed_certificate_is_used_without_a_restart(serve: Serve, authority: Authority) -> None:
    """The shop's own had expired: once its files are replaced, the next channel uses the new one."""
    port, clock = serve(authority.server_files(mutual=True)), Clock()
    own = authority.issue("shop", expired=True)
    credentials = channel_credentials(authority.file, own.certificate, own.key)
    address = target("localhost", port)
    with closing(GrpcRecommender(address, timeout=10, credentials=credentials, clock=clock)) as recommender:
        with pytest.raises(RecommenderUnavailable, match="UNAVAILABLE"):
            recommender.recommend(0, [MYSTERY])
        authority.issue("renewed").copy_to(own)
        clock.seconds += RENEW_FAILED_SECONDS
        recommender.recommend(0, [MYSTERY])


def test_files_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    """The shop does not start, rather than call in vain."""
    with pytest.raises(CertificateUnusable, match=r"missing\.pem"):
        connect(settings(1, recommendations_tls_ca=tmp_path / "missing.pem"))
