"""Settings: environment variables, read once into a frozen object, refused with a clear line when malformed."""

import os
from typing import TypeVar

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is malformed; the message has a line for each that is, without its value (it may be a secret)."""


class ServiceSettings(BaseSettings):
    """The base of a service's settings: frozen, and empty variables count as absent."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", validate_by_name=True, validate_by_alias=True
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
