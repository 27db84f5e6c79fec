"""Settings: environment variables, read once into a frozen object, refused with a clear line when malformed."""

import os
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from servicekit.database import LEAST_CONNECT_SECONDS, Timeouts, database_url


class SettingsError(Exception):
    """A setting is malformed; the message has a line for each that is, without its value (it may be a secret)."""


class ServiceSettings(BaseSettings):
    """The base of a service's settings: frozen, and empty variables count as absent."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", validate_by_name=True, validate_by_alias=True
    )


class DatabaseSettings(ServiceSettings):
    """The settings of a service that has a database, in its data folder unless `database_url` names another."""

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
        5.0, gt=0, le=600, description="How long PostgreSQL's machine may take to acknowledge what was sent to it."
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
        """The folder of the rows that an import could not use."""
        return self.data_dir / "rejects"

    def timeouts(self, statement_seconds: float | None = None) -> Timeouts:
        """How long PostgreSQL is waited for; by default as in a command."""
        return Timeouts(
            connect=self.database_connect_timeout_seconds,
            statement=statement_seconds or self.database_command_timeout_seconds,
            tcp=self.database_tcp_timeout_seconds,
        )


_Settings = TypeVar("_Settings", bound=ServiceSettings)


def read_settings(kind: type[_Settings]) -> _Settings:
    """Read `kind` from the environment.

    Raises SettingsError naming every malformed variable.
    """
    try:
        return kind()
    except ValidationError as error:
        lines = [f"{variable(kind, str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def variable(kind: type[ServiceSettings], location: str) -> str:
    """The environment variable behind a field's name or alias; where there are several, the one that is read."""
    field = kind.model_fields.get(location)
    if field is None:  # pydantic locates a field that has an alias by that alias, by the first where it has several
        return next((name for name in _names_beside(kind, location) if os.environ.get(name)), location)
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{kind.model_config.get('env_prefix', '')}{location}".upper()


def _names_beside(kind: type[ServiceSettings], alias: str) -> list[str]:
    """All the aliases of the field that has this one among others, in the order in which they are looked for."""
    aliases = (field.validation_alias for field in kind.model_fields.values())
    choices = (one.choices for one in aliases if isinstance(one, AliasChoices))
    return next(([name for name in names if isinstance(name, str)] for names in choices if alias in names), [])
