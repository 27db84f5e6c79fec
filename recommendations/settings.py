"""The settings of the Recommendations service."""

import os
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from servicekit.database import database_url
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from RECOMMENDATIONS_… environment variables."""

    model_config = SettingsConfigDict(env_prefix="RECOMMENDATIONS_")

    bind: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` for all (the image's setting).")
    port: int = Field(50051, ge=0, le=65535, description="Port to listen on; 0 lets the system choose.")
    threads: int = Field(10, ge=1, le=256, description="Threads that answer calls, of each worker.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        validation_alias=AliasChoices("RECOMMENDATIONS_WORKERS", "WORKERS"),
        description="Processes that share the port; plain `WORKERS` is understood too.",
    )
    data_dir: Path = Field(
        Path("var/recommendations"), description="Folder of the models, the rejects files and the SQLite database."
    )
    database_url: SecretStr | None = Field(
        None, description="`postgresql://…` or `sqlite:///…`; by default `recommendations.db` in the data folder."
    )
    diversity: float = Field(
        0.3,
        ge=0,
        le=1,
        description="How much less a further book of an author already in a list counts; 0 is not at all.",
    )
    reflection: bool = Field(True, description="Whether grpcurl and the like may list the methods by reflection.")
    log_requests: bool = Field(False, description="Log a line for every call, not only for errors and slow ones.")
    slow_call_ms: float = Field(250.0, gt=0, description="A call that takes longer is logged.")
    drain_seconds: float = Field(
        10.0, ge=0, le=600, description="How long calls under way may go on once the server is told to stop."
    )

    half_life_days: float = Field(
        30.0, gt=0, allow_inf_nan=False, description="After so many days what a reader took up is half as popular."
    )

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            database_url(url.get_secret_value())
        return url

    @field_validator("workers")
    @classmethod
    def _can_fork(cls, workers: int) -> int:
        if workers > 1 and not hasattr(os, "fork"):
            raise ValueError("this system cannot fork processes, so that there can be one worker only")
        return workers

    @property
    def database(self) -> str:
        """The database's URL."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'recommendations.db'}"

    @property
    def host(self) -> str:
        """The address to listen on, as it stands before a port: IPv6 in brackets."""
        return f"[{self.bind}]" if ":" in self.bind else self.bind

    @property
    def address(self) -> str:
        """Where the server listens, `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def models(self) -> Path:
        """The folder of the models."""
        return self.data_dir / "models"

    @property
    def rejects(self) -> Path:
        """The folder of the rejects files."""
        return self.data_dir / "rejects"
