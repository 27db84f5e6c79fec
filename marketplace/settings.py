"""The shop's settings, read from the environment once."""

import re
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from events.signature import new_secret, parse_secret
from marketplace.domain.destinations import parse_destination_url, parse_destination_urls
from servicekit.metrics.settings import MetricsSettings
from servicekit.secret_file import kept_secret
from servicekit.settings import DatabaseSettings, Host, HostOrSocket
from servicekit.translations import ENGLISH, languages

SECRET_KEY = "secret_key"  # noqa: S105  (a name)
"""The file of the key that signs cookies, in the data folder."""

TRANSLATIONS = Path(__file__).parent / "translations"

_HOST = re.compile(r"[a-z0-9.-]+|\[[a-f0-9:.]+\]")


class Settings(MetricsSettings, DatabaseSettings):
    """The settings of Marketplace."""

    model_config = SettingsConfigDict(env_prefix="MARKETPLACE_")
    database_file = "marketplace.db"

    bind: Host = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for all of them")
    port: int = Field(5001, ge=0, le=65535, description="port to listen on; 0 for any free one")
    threads: int = Field(8, ge=1, le=256, description="threads that serve pages")
    data_dir: Path = Field(Path("var/marketplace"), description="folder of the database, rejected rows and the key")
    ids_dir: Path = Field(
        Path("var/ids"),
        validation_alias=AliasChoices("MARKETPLACE_IDS_DIR", "IDS_DIR"),
        description="folder, shared with Recommendations, of numbers for imported ids; plain IDS_DIR works too",
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="signs the cookies; by default created once and kept in the data folder",
    )
    secure_cookies: bool = Field(False, description="send cookies over TLS only; set it behind TLS")
    trusted_hosts: str = Field(
        "localhost,127.0.0.1,[::1]",
        description="host names of the shop, separated by commas, besides those of its public and callback URL; "
        "requests to others are refused",
    )
    proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="number of proxies in front that set X-Forwarded-For, -Proto and -Host",
    )
    recommendations_host: HostOrSocket = Field(
        "localhost",
        validation_alias="RECOMMENDATIONS_HOST",
        description="host of Recommendations, or unix:/path",
    )
    recommendations_port: int = Field(
        50051, ge=1, le=65535, validation_alias="RECOMMENDATIONS_PORT", description="its port"
    )
    recommendations_timeout_ms: int = Field(
        200, ge=1, le=60_000, description="how long a page waits for Recommendations"
    )
    previews_host: HostOrSocket = Field(
        "localhost", validation_alias="PREVIEWS_HOST", description="host of Previews, or unix:/path"
    )
    previews_port: int = Field(50052, ge=1, le=65535, validation_alias="PREVIEWS_PORT", description="its port")
    previews_tls_ca: Path | None = Field(
        None,
        validation_alias="PREVIEWS_TLS_CA",
        description="PEM file of the CAs of its certificate: set, the shop calls it over TLS",
    )
    previews_tls_client_certificate: Path | None = Field(
        None,
        validation_alias="PREVIEWS_TLS_CLIENT_CERTIFICATE",
        description="PEM file of the shop's own certificate for it, for mutual TLS",
    )
    previews_tls_client_key: Path | None = Field(
        None,
        validation_alias="PREVIEWS_TLS_CLIENT_KEY",
        validate_default=True,
        description="PEM file of that certificate's private key, without a password",
    )
    recommendations_token: SecretStr = Field(
        SecretStr(""),
        validation_alias="RECOMMENDATIONS_TOKEN",
        description="token that is sent to Recommendations; by default none",
    )
    recommendations_tls_ca: Path | None = Field(
        None,
        validation_alias="RECOMMENDATIONS_TLS_CA",
        description="PEM file of the CAs of its certificate: set, the shop calls it over TLS",
    )
    recommendations_tls_client_certificate: Path | None = Field(
        None,
        validation_alias="RECOMMENDATIONS_TLS_CLIENT_CERTIFICATE",
        description="PEM file of the shop's own certificate, for mutual TLS",
    )
    recommendations_tls_client_key: Path | None = Field(
        None,
        validation_alias="RECOMMENDATIONS_TLS_CLIENT_KEY",
        validate_default=True,
        description="PEM file of that certificate's private key, without a password",
    )
    payments_url: str = Field("http://localhost:5002", description="where the shop reaches the payment provider")
    callback_url: str | None = Field(
        None,
        description="where the payment provider reaches the shop; by default http://localhost and the shop's port",
    )
    public_url: str | None = Field(
        None,
        description="where readers reach the shop, the source of its events; by default localhost and its port",
    )
    events_url: SecretStr = Field(
        SecretStr(""),
        description="addresses that public events are sent to, separated by commas: http, https, amqp or amqps",
    )
    notices_url: SecretStr = Field(
        SecretStr("http://localhost:5003/events"),
        description="where the shop sends events for notices, with addresses of readers: http, https, amqp or amqps",
    )
    notices_api_url: str | None = Field(
        None,
        description="where the shop asks notices for failed messages and a reader's mails; by default "
        "`MARKETPLACE_NOTICES_URL` without `/events`, or port 5003 of localhost if that is a broker",
    )
    notices_secret: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("MARKETPLACE_NOTICES_SECRET", "NOTICES_SECRET"),
        description="signs what is sent to notices, whsec_ and base64; by default created in the secrets' folder",
    )
    live_url: str | None = Field(
        None,
        description="where the shop sends events for live, `http://…/events`; by default nowhere: pages poll",
    )
    live_public_url: str | None = Field(
        None,
        description="where browsers reach live, `https://…/live`; by default `MARKETPLACE_LIVE_URL` with `/live` "
        "instead of `/events`",
    )
    live_secret: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("MARKETPLACE_LIVE_SECRET", "LIVE_SECRET"),
        description="signs what is sent to live, and its tickets, whsec_ and base64; by default created in the "
        "secrets' folder",
    )
    secrets_dir: Path = Field(
        Path("var/secrets"),
        validation_alias=AliasChoices("MARKETPLACE_SECRETS_DIR", "SECRETS_DIR"),
        description="folder, shared with notices and live, of their secrets; plain SECRETS_DIR works too",
    )
    language: str = Field(
        ENGLISH, description="language of readers who chose none and whose browser asks for none that the shop has"
    )
    conversation_days: int = Field(
        730,
        ge=0,
        le=36_500,
        description="days until a conversation in which nobody writes any more is deleted; 0 for never",
    )
    relay: bool = Field(True, description="whether `serve` also delivers events")

    @field_validator("recommendations_token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", token.get_secret_value()):
            raise ValueError("write the token as `python -m recommendations token add` printed it")
        return token

    @field_validator("recommendations_tls_client_key", "previews_tls_client_key")
    @classmethod
    def _belongs_to_a_certificate(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        prefix = str(others.field_name).removesuffix("client_key")
        certificate = others.data.get(f"{prefix}client_certificate")
        if (key is None) != (certificate is None):
            raise ValueError(f"set both {prefix.upper()}CLIENT_CERTIFICATE and …_KEY, or neither")
        if key is not None and others.data.get(f"{prefix}ca") is None:
            raise ValueError(f"set {prefix.upper()}CA too")
        return key

    @field_validator("trusted_hosts")
    @classmethod
    def _validated_hosts(cls, text: str) -> str:
        hosts = _split(text)
        if not hosts or not all(_HOST.fullmatch(host) for host in hosts):
            raise ValueError("write names or addresses separated by commas, without scheme, port and path")
        return text

    @field_validator("language")
    @classmethod
    def _validated_language(cls, text: str) -> str:
        available = languages(TRANSLATIONS)
        if text not in available:
            raise ValueError(f"write one of {', '.join(available)}")
        return text

    @field_validator("events_url")
    @classmethod
    def _validated_destinations(cls, urls: SecretStr) -> SecretStr:
        parse_destination_urls(urls.get_secret_value())
        return urls

    @field_validator("notices_url")
    @classmethod
    def _validated_destination(cls, url: SecretStr) -> SecretStr:
        return SecretStr(parse_destination_url(url.get_secret_value()))

    @field_validator("notices_secret", "live_secret")
    @classmethod
    def _validated_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            parse_secret(secret.get_secret_value())
        return secret

    @field_validator("payments_url", "callback_url", "public_url", "notices_api_url", "live_url", "live_public_url")
    @classmethod
    def _validated_url(cls, text: str | None) -> str | None:
        return None if text is None else _base_url(text)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The trusted host names, in lower case, with those of the public and the callback URL."""
        named = [_host(url) for url in (self.public_url, self.callback_url) if url is not None]
        return tuple(dict.fromkeys([*_split(self.trusted_hosts), *named]))

    @property
    def has_live(self) -> bool:
        """Whether there is a live to send events to."""
        return self.live_url is not None

    @property
    def events_urls(self) -> Sequence[str]:
        """The addresses that public events are sent to."""
        return parse_destination_urls(self.events_url.get_secret_value())


def _base_url(text: str) -> str:
    """The URL without a trailing slash, to append paths to."""
    try:
        parts = urlsplit(text)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
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


def _host(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in names.split(",") if name.strip())


def notices_api(settings: Settings) -> str:
    """The base address at which notices answers the shop."""
    if settings.notices_api_url is not None:
        return settings.notices_api_url
    url = settings.notices_url.get_secret_value()
    return url.rstrip("/").removesuffix("/events") if url.startswith("http") else "http://localhost:5003"


def live_address(settings: Settings) -> str | None:
    """The URL at which browsers reach live, None without live."""
    if settings.live_url is None:
        return None
    return settings.live_public_url or settings.live_url.removesuffix("/events") + "/live"


def session_key(settings: Settings) -> str:
    """The key that signs cookies: the setting, or one that is created once and kept in the data folder."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return kept_secret(settings.data_dir / SECRET_KEY, partial(secrets.token_hex, 32))


def notices_secret(settings: Settings) -> str:
    """The secret that signs what is sent to notices: the setting, or one that both find in the shared folder.

    Raises OSError, and ValueError if the file has another content.
    """
    return _shared_secret(settings, settings.notices_secret, "notices")


def live_secret(settings: Settings) -> str:
    """The secret that signs what is sent to live, and tickets; likewise."""
    return _shared_secret(settings, settings.live_secret, "live")


def _shared_secret(settings: Settings, given: SecretStr | None, file: str) -> str:
    if given is not None:
        return given.get_secret_value()
    return parse_secret(kept_secret(settings.secrets_dir / file, new_secret))
