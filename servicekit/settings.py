"""Settings: environment variables, or files with their names, read once into a frozen object."""

import os
import warnings
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as FileUnusable

from servicekit.database.engine import LEAST_CONNECT_SECONDS, Timeouts, database_url
from servicekit.listening import parse_host, parse_host_or_socket
from servicekit.logs import LogFormat

Host = Annotated[str, AfterValidator(parse_host)]
"""A name or an address; IPv6 may be written in brackets, and is kept without."""

HostOrSocket = Annotated[str, AfterValidator(parse_host_or_socket)]
"""Likewise, or a Unix socket, `unix:path`."""

SECRETS = Path("/run/secrets")
"""Where Docker and Kubernetes show secrets as files."""


class SettingsError(Exception):
    """Settings are malformed; the message has a line for each, without its value, which may be a secret."""


class _Files(SecretsSettingsSource):
    """Settings from files; empty ones count as absent, like variables."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        with warnings.catch_warnings():
            # It only warns of what it cannot use, such as the folder that Docker makes where a file is missing.
            warnings.simplefilter("error")
            value, key, is_complex = super().get_field_value(field, field_name)
        return value or None, key, is_complex


class ServiceSettings(BaseSettings):
    """The base of a service's settings; empty variables and files count as absent."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", validate_by_name=True, validate_by_alias=True
    )

    log_format: LogFormat = Field("logfmt", description="form of a line of the log: `logfmt` or `json`")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (there is no such file)
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings are read from, the first one first."""
        folder = getattr(file_secret_settings, "secrets_dir", None)
        return init_settings, env_settings, _Files(settings_cls, secrets_dir=folder)


class DatabaseSettings(ServiceSettings):
    """The settings of a service with a database."""

    database_file: ClassVar[str]

    data_dir: Path = Field(description="Folder of the service's files.")
    database_url: SecretStr | None = Field(
        None, description="`postgresql://…` or `sqlite:///…`; by default a SQLite database in the data folder."
    )
    database_timeout_seconds: float = Field(
        2.0, gt=0, le=600, description="How long a call or a page waits for PostgreSQL before it fails."
    )
    database_command_timeout_seconds: float = Field(
        600.0, gt=0, le=86_400, description="How long a statement of a command (import, train, migrate) may take."
    )
    database_connect_timeout_seconds: int = Field(
        2, ge=LEAST_CONNECT_SECONDS, le=600, description="How long PostgreSQL may take to accept a connection."
    )
    database_tcp_timeout_seconds: float = Field(
        5.0, gt=0, le=600, description="How long PostgreSQL's machine may take to acknowledge data."
    )

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            database_url(url.get_secret_value())
        return url

    @property
    def database(self) -> str:
        """The database's URL."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / self.database_file}"

    @property
    def rejects(self) -> Path:
        """The folder for the rows that an import rejects."""
        return self.data_dir / "rejects"

    def timeouts(self, statement_seconds: float | None = None) -> Timeouts:
        """How long to wait for PostgreSQL; statements by default as long as in a command."""
        return Timeouts(
            connect=self.database_connect_timeout_seconds,
            statement=statement_seconds or self.database_command_timeout_seconds,
            tcp=self.database_tcp_timeout_seconds,
        )


_Settings = TypeVar("_Settings", bound=ServiceSettings)


def read_settings(kind: type[_Settings], files: Path = SECRETS) -> _Settings:
    """Read settings of a `kind` from the environment, or else from `files`: each has the name of its variable.

    Raises SettingsError.
    """
    try:
        return kind(_secrets_dir=files if files.is_dir() else None)
    except FileUnusable as error:
        cause = error.__cause__
        if isinstance(cause, OSError):
            reason = f"{cause.filename}: {cause.strerror}"
        else:
            reason = "not text in UTF-8" if isinstance(cause, UnicodeDecodeError) else str(cause)
        raise SettingsError(f"settings in {files} cannot be read: {reason}") from None
    except ValidationError as error:
        lines = [f"{variable(kind, str(details['loc'][0]))}: {details['msg']}" for details in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def variable(kind: type[ServiceSettings], location: str) -> str:
    """The environment variable of a field, given by name or alias; among several, the one that is set."""
    field = kind.model_fields.get(location)
    if field is None:  # pydantic reports a field that has aliases by the first of them
        return next((alias for alias in _aliases(kind, location) if os.environ.get(alias)), location)
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{kind.model_config.get('env_prefix', '')}{location}".upper()


def _aliases(kind: type[ServiceSettings], alias: str) -> list[str]:
    """All aliases of the field that has this one, in the order of precedence; empty if it is the only one."""
    for field in kind.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices) and alias in field.validation_alias.choices:
            return [name for name in field.validation_alias.choices if isinstance(name, str)]
    return []
