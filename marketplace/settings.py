"""The shop's settings, read from the environment once."""

import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings

_HOST = re.compile(r"[a-z0-9.-]+|\[[a-f0-9:.]+\]")


class Settings(DatabaseSettings):
    """What can be set about Marketplace."""

    model_config = SettingsConfigDict(env_prefix="MARKETPLACE_")
    database_file = "marketplace.db"

    bind: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 is all of them")
    port: int = Field(5001, ge=0, le=65535, description="port to listen on; 0 is any free one")
    threads: int = Field(8, ge=1, le=256, description="pages made at the same time")
    data_dir: Path = Field(Path("var/marketplace"), description="folder of the database, rejected rows and the key")
    secret_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="signs the cookies; made once and kept in the data folder if not set",
    )
    secure_cookies: bool = Field(False, description="send cookies over TLS only; turn it on behind TLS")
    trusted_hosts: str = Field(
        "localhost,127.0.0.1,[::1]",
        description="names by which the shop may be called, separated by commas; a request to any other is refused",
    )
    proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="how many proxies stand before the shop and set X-Forwarded-For, -Proto and -Host",
    )
    recommendations_host: str = Field(
        "localhost", validation_alias="RECOMMENDATIONS_HOST", description="where Recommendations runs"
    )
    recommendations_port: int = Field(
        50051, ge=1, le=65535, validation_alias="RECOMMENDATIONS_PORT", description="its port"
    )
    recommendations_timeout_ms: int = Field(
        200, ge=1, le=60_000, description="how long a page waits for Recommendations"
    )
    payments_url: str = Field("http://localhost:5002", description="where the payment provider is asked")
    callback_url: str | None = Field(
        None, description="where the payment provider reaches the shop; http://localhost and the port if not set"
    )
    relay: bool = Field(True, description="whether `serve` also delivers events")

    @field_validator("trusted_hosts")
    @classmethod
    def _names_hosts(cls, text: str) -> str:
        hosts = _split(text)
        if not hosts or not all(_HOST.fullmatch(host) for host in hosts):
            raise ValueError("write names or addresses separated by commas, without scheme, port and path")
        return text

    @field_validator("payments_url", "callback_url")
    @classmethod
    def _is_an_address(cls, text: str | None) -> str | None:
        return None if text is None else _address(text)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which the shop may be called, in small letters."""
        return _split(self.trusted_hosts)


def _address(text: str) -> str:
    """An address to put paths behind."""
    try:
        parts = urlsplit(text)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # no port, or no address of IPv6
        is_plain = False
    if (
        not is_plain
        or parts.username is not None
        or parts.query
        or parts.fragment
        or not text.isascii()
        or " " in text
    ):
        raise ValueError("write http:// or https:// and a host, without user, query and fragment")
    return text.rstrip("/")


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in names.split(",") if name.strip())


def session_key(settings: Settings) -> str:
    """The key that signs cookies: the one that is set, else one made once and kept in the data folder."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    kept = settings.data_dir / "secret_key"
    if not kept.exists():
        _keep_new_key(kept)
    return kept.read_text(encoding="ascii")


def _keep_new_key(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_name(f"{kept.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link appears whole or not at all, so of several processes that start at once all read one key.
        kept.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
