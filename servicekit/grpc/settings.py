"""The settings of a service with a gRPC server."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from servicekit.grpc.tls import CertificateFiles
from servicekit.listening import LOOPBACK, is_local, local_host, parse_hosts
from servicekit.settings import DatabaseSettings


class GrpcSettings(DatabaseSettings):
    """The settings of its addresses and its certificate."""

    bind: str
    port: int
    health_port: int
    tls_certificate: Path | None = Field(
        None, description="PEM file of the server's certificate and its chain: set, the server speaks TLS alone."
    )
    tls_key: Path | None = Field(
        None, validate_default=True, description="PEM file of the certificate's private key, without a password."
    )
    tls_client_ca: Path | None = Field(
        None, description="PEM file of CAs: every client needs a certificate of one of them (mutual TLS)."
    )

    @field_validator("bind")
    @classmethod
    def _validated_bind(cls, bind: str) -> str:
        parse_hosts(bind)
        return bind

    @field_validator("tls_key")
    @classmethod
    def _belongs_to_a_certificate(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if (key is None) != (others.data.get("tls_certificate") is None):
            prefix = cls.model_config.get("env_prefix", "")
            raise ValueError(f"set both {prefix}TLS_CERTIFICATE and {prefix}TLS_KEY, or neither")
        return key

    @field_validator("tls_client_ca")
    @classmethod
    def _needs_a_certificate(cls, client_ca: Path | None, others: ValidationInfo) -> Path | None:
        if client_ca is not None and others.data.get("tls_certificate") is None:
            raise ValueError(f"set {cls.model_config.get('env_prefix', '')}TLS_CERTIFICATE too")
        return client_ca

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where to listen: names, addresses (IPv6 without brackets) and `unix:path`."""
        return parse_hosts(self.bind)

    @property
    def tls(self) -> CertificateFiles | None:
        """The files of the certificate; None without TLS."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        return CertificateFiles(self.tls_certificate, self.tls_key, self.tls_client_ca)

    @property
    def accepts_strangers(self) -> bool:
        """Whether everybody who reaches its port from another machine is answered."""
        return self.tls_client_ca is None and not all(map(is_local, self.hosts))

    @property
    def health_address(self) -> tuple[str, int]:
        """Where this machine asks for the server's health, without TLS."""
        # It listens on all of them, or has not started.
        return (LOOPBACK, self.health_port) if self.tls else (local_host(self.hosts[0]), self.port)
