"""The settings of live, read from the environment once."""

import re
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from events.signature import new_secret, parse_secret
from servicekit.metrics.settings import MetricsSettings
from servicekit.secret_file import kept_secret
from servicekit.settings import Host

_ORIGIN = re.compile(r"https?://[^/?#\s@]+")
SECRET_FILE = "live"  # noqa: S105  (a name)


class Settings(MetricsSettings):
    """The settings of Live."""

    model_config = SettingsConfigDict(env_prefix="LIVE_")

    bind: Host = Field("127.0.0.1", description="address to listen on")
    port: int = Field(5004, ge=0, le=65535, description="port to listen on; 0 is any free one")
    origins: str = Field(
        "http://localhost:5001,http://127.0.0.1:5001,http://[::1]:5001",
        description="addresses of the shop in browsers, separated by commas; pages of others are refused",
    )
    secrets_dir: Path = Field(
        Path("var/secrets"),
        validation_alias=AliasChoices("LIVE_SECRETS_DIR", "SECRETS_DIR"),
        description="folder, shared with the shop, of the secret; plain SECRETS_DIR works too",
    )
    secret: SecretStr | None = Field(
        None,
        description="signs events and tickets, `whsec_…`; by default created once and kept in the file `live` there",
    )
    max_connections: int = Field(
        2000, ge=1, le=100_000, description="how many pages may be connected; each takes an open file"
    )

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        names = _split(text)
        if not names or not all(_ORIGIN.fullmatch(name) for name in names):
            raise ValueError("write http:// or https:// and a host, separated by commas, without path")
        return text

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            parse_secret(secret.get_secret_value())
        return secret

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins of the shop's pages, in lower case."""
        return frozenset(_split(self.origins))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower().rstrip("/") for part in text.split(",") if part.strip())


def signing_secret(settings: Settings) -> str:
    """The secret that signs events and tickets: the setting, or one that is created once for the shop and live.

    Raises OSError, and ValueError for a file that has no secret.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    return parse_secret(kept_secret(settings.secrets_dir / SECRET_FILE, new_secret))
