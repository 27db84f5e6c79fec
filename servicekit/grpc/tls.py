"""The certificates of gRPC servers and clients, which are read again when their files change."""

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

import grpc
import structlog

from servicekit.errors import ServiceError

_log = structlog.get_logger()

T = TypeVar("T")


class CertificateUnusable(ServiceError):
    """A file of the certificate is missing or malformed, or the key is another one's; the message says which."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files: a certificate with its chain, its private key and, for mutual TLS, the CAs of the clients."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def paths(self) -> Sequence[Path]:
        return [path for path in (self.certificate, self.key, self.client_ca) if path is not None]


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """Credentials that use the newest usable content of the files for each new connection.

    Raises CertificateUnusable if there is none yet. Clients need a certificate if `client_ca` is given.
    """

    def configuration(contents: Sequence[bytes]) -> grpc.ServerCertificateConfiguration:
        certificate, key, *client_ca = contents
        check_files(files)
        return grpc.ssl_server_certificate_configuration([(key, certificate)], client_ca[0] if client_ca else None)

    reloaded = _Reloaded(files.paths, configuration)
    return grpc.dynamic_ssl_server_credentials(
        reloaded.value,
        # grpcio asks before each handshake, in any thread. The stubs do not know that it may return None.
        cast("Callable[[], grpc.ServerCertificateConfiguration]", reloaded.changed),
        require_client_authentication=files.client_ca is not None,
    )


class _Reloaded(Generic[T]):
    """What is made of the contents of files; unusable contents are logged once and change nothing. Thread-safe."""

    def __init__(self, paths: Sequence[Path], create: Callable[[Sequence[bytes]], T]) -> None:
        """`create` is given the contents. It and this raise CertificateUnusable."""
        self._paths = paths
        self._create = create
        self._lock = threading.Lock()
        self._seen = _read(paths)
        self.value = create(self._seen)
        self._refused = ""

    def changed(self) -> T | None:
        """The new value if the files have changed.

        Reading takes far less time than a handshake, and a file's time and size may stay the same when it changes.
        """
        with self._lock:
            try:
                contents = _read(self._paths)
                if contents == self._seen:
                    self._refused = ""
                    return None
                value = self._create(contents)
                if _read(self._paths) != contents:
                    return None  # they are being replaced: the next connection tries again
            except CertificateUnusable as error:
                if str(error) != self._refused:
                    self._refused = str(error)
                    _log.error("certificate_refused", reason=self._refused)
                return None
            self._seen, self._refused, self.value = contents, "", value
            _log.info("certificate_loaded", file=str(self._paths[0]))
            return value


def _read(paths: Sequence[Path]) -> Sequence[bytes]:
    """The files' contents. Raises CertificateUnusable."""
    try:
        return [path.read_bytes() for path in paths]
    except OSError as error:
        raise CertificateUnusable(f"cannot read {error.filename}: {error.strerror}") from error


def channel_credentials(
    ca: Path, certificate: Path | None = None, key: Path | None = None
) -> Callable[[], grpc.ChannelCredentials]:
    """Returns the credentials of a client for a new connection, from the newest usable content of the files.

    They are the CAs of the server's certificate and, for mutual TLS, the client's own, in the same object until the
    files change. Raises CertificateUnusable if there is no usable content yet.
    """
    pair = () if certificate is None or key is None else (certificate, key)

    def credentials(contents: Sequence[bytes]) -> grpc.ChannelCredentials:
        _check_authorities(ca)
        if pair:
            _check_pair(*pair)
        *own, authorities = contents
        return grpc.ssl_channel_credentials(authorities, *reversed(own))

    reloaded = _Reloaded((*pair, ca), credentials)

    def newest() -> grpc.ChannelCredentials:
        reloaded.changed()
        return reloaded.value

    return newest


def check_files(files: CertificateFiles) -> None:
    """Check that a server can use the files; a process that forks may do so. Raises CertificateUnusable.

    By the standard library, since grpcio would not say what is wrong.
    """
    _read(files.paths)
    _check_pair(files.certificate, files.key)
    if files.client_ca is not None:
        _check_authorities(files.client_ca)


def _check_pair(certificate: Path, key: Path) -> None:
    try:
        # With a password, or it would ask for one in the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise CertificateUnusable(
            f"{certificate} and {key} are not a certificate and its key without a password: {error}"
        ) from error


def _check_authorities(ca: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca)
    except (OSError, ValueError) as error:
        raise CertificateUnusable(f"{ca} has no certificates: {error}") from error
