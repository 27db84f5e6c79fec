"""Certificates that tests make, in files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from servicekit.grpc.tls import CertificateFiles

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "127.0.0.2", "::1")


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path

    def copy_to(self, other: "Pair") -> None:
        """Replace the files of another pair, one after the other."""
        other.certificate.write_bytes(self.certificate.read_bytes())
        other.key.write_bytes(self.key.read_bytes())


class Authority:
    """A certificate authority in a folder, which is created."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, file: str, *, expired: bool = False, names: Sequence[str] = LOOPBACK_NAMES) -> Pair:
        """A certificate for `names`, in files of that name."""
        ends_at = datetime.now(UTC) - timedelta(minutes=1) if expired else None
        begins_at = datetime.now(UTC) - timedelta(days=1)
        issued = self._ca.issue_cert(*names, not_before=begins_at, not_after=ends_at)
        pair = Pair(self._folder / f"{file}.pem", self._folder / f"{file}.key")
        pair.certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(pair.key)
        return pair

    def server_files(self, *, mutual: bool = False) -> CertificateFiles:
        """The files of a server's certificate; with `mutual`, clients need one of this authority."""
        pair = self.issue("server")
        return CertificateFiles(pair.certificate, pair.key, self.file if mutual else None)
