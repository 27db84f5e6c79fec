"""The certificate of a gRPC server, which is read again when its files change."""

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import grpc
import structlog

from servicekit.errors import ServiceError

_log = structlog.get_logger()


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
    certificate = _ReloadedCertificate(files)
    return grpc.dynamic_ssl_server_credentials(
        certificate.configuration,
        # The stubs do not know that it may return None.
        cast("Callable[[], grpc.ServerCertificateConfiguration]", certificate.changed),
        require_client_authentication=files.client_ca is not None,
    )


class _ReloadedCertificate:
    """Follows the files; unusable content is logged once and changes nothing."""

    def __init__(self, files: CertificateFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._seen = _read(files)
        self.configuration = _configuration(files, self._seen)
        self._refused = ""

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The configuration if it has changed. grpcio asks before each handshake, in any thread.

        Reading takes far less time than a handshake, and a file's time and size may stay the same when it changes.
        """
        with self._lock:
            try:
                contents = _read(self._files)
                if contents == self._seen:
                    self._refused = ""
                    return None
                configuration = _configuration(self._files, contents)
                if _read(self._files) != contents:
                    return None  # they are being replaced: the next connection tries again
            except CertificateUnusable as error:
                if str(error) != self._refused:
                    self._refused = str(error)
                    _log.error("certificate_refused", reason=self._refused)
                return None
            self._seen, self._refused = contents, ""
            _log.info("certificate_loaded", file=str(self._files.certificate))
            return configuration


def _read(files: CertificateFiles) -> Sequence[bytes]:
    """The files' contents. Raises CertificateUnusable."""
    try:
        return [path.read_bytes() for path in files.paths]
    except OSError as error:
        raise CertificateUnusable(f"cannot read {error.filename}: {error.strerror}") from error


def _configuration(files: CertificateFiles, contents: Sequence[bytes]) -> grpc.ServerCertificateConfiguration:
    """What grpcio needs of these contents. Raises CertificateUnusable."""
    certificate, key, *client_ca = contents
    check_files(files)
    return grpc.ssl_server_certificate_configuration([(key, certificate)], client_ca[0] if client_ca else None)


def channel_credentials(
    ca: Path, certificate: Path | None = None, key: Path | None = None
) -> grpc.ChannelCredentials:
    """Credentials of a client: the CAs of the server's certificate and, for mutual TLS, the client's own files.

    Raises CertificateUnusable.
    """
    try:
        _check_authorities(ca)
        if certificate is None or key is None:
            return grpc.ssl_channel_credentials(ca.read_bytes())
        _check_pair(certificate, key)
        return grpc.ssl_channel_credentials(ca.read_bytes(), key.read_bytes(), certificate.read_bytes())
    except OSError as error:
        raise CertificateUnusable(f"cannot read {error.filename}: {error.strerror}") from error


def check_files(files: CertificateFiles) -> None:
    """Check that a server can use the files; a process that forks may do so. Raises CertificateUnusable.

    By the standard library, since grpcio would not say what is wrong.
    """
    _read(files)
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
