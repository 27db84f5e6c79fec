"""The settings of addresses and certificates, as both services with a gRPC server have them."""

from pathlib import Path
from typing import Any

import pytest

from previews.settings import Settings as Previews
from recommendations.settings import Settings as Recommendations
from servicekit.grpc.settings import GrpcSettings
from servicekit.grpc.tls import CertificateFiles
from servicekit.serving.health_check import HEALTH_PORT_OFFSET
from servicekit.settings import SettingsError, read_settings

SERVICES = [("RECOMMENDATIONS", Recommendations), ("PREVIEWS", Previews)]
TLS = {"TLS_CERTIFICATE": "/tls/server.pem", "TLS_KEY": "/tls/server.key"}


def read(monkeypatch: pytest.MonkeyPatch, prefix: str, kind: type[GrpcSettings], values: dict[str, str]) -> Any:
    for name, value in values.items():
        monkeypatch.setenv(f"{prefix}_{name}", value)
    return read_settings(kind)


@pytest.mark.parametrize(("prefix", "kind"), SERVICES)
def test_tls_is_on_with_a_certificate(monkeypatch: pytest.MonkeyPatch, prefix: str, kind: type[GrpcSettings]) -> None:
    """Then health is asked for by its own port, whose default the image's health check computes."""
    plain = read(monkeypatch, prefix, kind, {"BIND": "0.0.0.0"})
    assert plain.tls is None
    assert plain.health_address == ("127.0.0.1", plain.port)
    settings = read(monkeypatch, prefix, kind, TLS)
    assert settings.tls == CertificateFiles(Path("/tls/server.pem"), Path("/tls/server.key"))
    assert settings.health_address == ("127.0.0.1", settings.health_port)
    assert settings.health_port == settings.port + HEALTH_PORT_OFFSET
    assert read(monkeypatch, prefix, kind, {"TLS_CLIENT_CA": "/tls/ca.pem"}).tls.client_ca == Path("/tls/ca.pem")


@pytest.mark.parametrize(("prefix", "kind"), SERVICES)
@pytest.mark.parametrize(
    ("names", "reported"),
    [
        (["TLS_CERTIFICATE"], "TLS_KEY: .*set both"),
        (["TLS_KEY"], "TLS_KEY: .*set both"),
        (["TLS_CLIENT_CA"], "TLS_CLIENT_CA: .*set .*TLS_CERTIFICATE too"),
    ],
)
def test_half_of_a_certificate_is_refused(
    monkeypatch: pytest.MonkeyPatch, prefix: str, kind: type[GrpcSettings], names: list[str], reported: str
) -> None:
    """Rather than serving without TLS."""
    with pytest.raises(SettingsError, match=f"^{prefix}_{reported}"):
        read(monkeypatch, prefix, kind, dict.fromkeys(names, "/tls/file.pem"))


@pytest.mark.parametrize(("prefix", "kind"), SERVICES)
@pytest.mark.parametrize(
    ("values", "accepts"),
    [
        ({}, False),
        ({"BIND": "localhost,::1,127.0.0.9,unix:/run/a.sock"}, False),
        ({"BIND": "0.0.0.0"}, True),
        ({"BIND": "127.0.0.1,10.0.0.1"}, True),
        ({"BIND": "books.internal"}, True),
        ({"BIND": "0.0.0.0", **TLS}, True),
        ({"BIND": "0.0.0.0", **TLS, "TLS_CLIENT_CA": "/tls/ca.pem"}, False),
    ],
)
def test_who_accepts_strangers(
    monkeypatch: pytest.MonkeyPatch, prefix: str, kind: type[GrpcSettings], values: dict[str, str], accepts: bool
) -> None:
    """A server that other machines reach, unless it asks for their certificates: the log warns of it."""
    assert read(monkeypatch, prefix, kind, values).accepts_strangers is accepts


def test_required_tokens_keep_strangers_out() -> None:
    """Only Recommendations has tokens."""
    assert not Recommendations(bind="0.0.0.0", require_tokens=True).accepts_strangers
