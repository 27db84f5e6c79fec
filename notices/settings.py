"""The settings of notices, read from the environment once."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from events.signature import new_secret, parse_secret
from servicekit.metrics.settings import MetricsSettings
from servicekit.secret_file import kept_secret
from servicekit.settings import DatabaseSettings, Host

SECRET_FILE = "notices"  # noqa: S105  (a name)
_ADDRESS = r"^[^\s@<>,]+@[^\s@<>,]+$"


class Settings(MetricsSettings, DatabaseSettings):
    """The settings of Notices."""

    model_config = SettingsConfigDict(env_prefix="NOTICES_")
    database_file = "notices.db"

    bind: Host = Field("127.0.0.1", description="address to listen on; requests must be signed")
    port: int = Field(5003, ge=0, le=65535, description="port to listen on; 0 is any free one")
    data_dir: Path = Field(Path("var/notices"), description="folder of the database and of mails as files")
    secrets_dir: Path = Field(
        Path("var/secrets"),
        validation_alias=AliasChoices("NOTICES_SECRETS_DIR", "SECRETS_DIR"),
        description="folder, shared with the shop, of the secret that signs requests; plain SECRETS_DIR works too",
    )
    secret: SecretStr | None = Field(
        None, description="signs requests, `whsec_…`; by default created once and kept in the file `notices` there"
    )
    amqp_url: SecretStr | None = Field(None, description="`amqp://…` or `amqps://…`: events come from RabbitMQ too")

    smtp_host: str | None = Field(None, description="mail server; by default mails are written to files")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="how the connection is secured")
    smtp_user: str | None = Field(None, description="name for the login; by default there is no login")
    smtp_password: SecretStr | None = Field(None, description="password for the login")
    sender: str | None = Field(
        None,
        pattern=_ADDRESS,
        validate_default=True,
        description="address that mails come from; needed with a mail server",
    )
    staff_email: str | None = Field(
        None, pattern=_ADDRESS, description="address of the shop's staff; by default they get no mails"
    )
    staff_language: str = Field("en", description="language of messages to the staff")
    telegram_token: SecretStr | None = Field(None, description="token of the Telegram bot that writes to the staff")
    telegram_chat: str | None = Field(
        None, validate_default=True, description="chat that it writes to; needed with a token"
    )
    telegram_url: str = Field(
        "https://api.telegram.org", pattern=r"^https?://[!-~]+$", description="Telegram's address"
    )
    keep_days: int = Field(30, ge=1, le=3650, description="days until sent and failed messages are deleted")

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            parse_secret(secret.get_secret_value())
        return secret

    @field_validator("amqp_url")
    @classmethod
    def _is_amqp(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("amqp://", "amqps://")):
            raise ValueError("write amqp://… or amqps://…")
        return url

    @field_validator("sender")
    @classmethod
    def _has_sender(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if sender is None and info.data.get("smtp_host"):
            raise ValueError("name the address that mails come from, since NOTICES_SMTP_HOST is set")
        return sender

    @field_validator("telegram_chat")
    @classmethod
    def _has_chat(cls, chat: str | None, info: ValidationInfo) -> str | None:
        if chat is None and info.data.get("telegram_token"):
            raise ValueError("name the chat, since NOTICES_TELEGRAM_TOKEN is set")
        return chat

    @property
    def mail_folder(self) -> Path:
        """The folder of mails as files."""
        return self.data_dir / "mail"


def signing_secret(settings: Settings) -> str:
    """The secret that signs requests: the setting, or one that is created once for the shop and notices.

    Raises OSError, and ValueError for a file that has no secret.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    return parse_secret(kept_secret(settings.secrets_dir / SECRET_FILE, new_secret))
