"""The settings of the Recommendations service."""

import os
from pathlib import Path

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """Read from RECOMMENDATIONS_… environment variables."""

    model_config = SettingsConfigDict(env_prefix="RECOMMENDATIONS_")
    database_file = "recommendations.db"

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
    stale_seconds: float = Field(
        10.0,
        ge=1,
        le=3600,
        description="After so long without the database, health says that answers may be out of date.",
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
        30.0,
        gt=0,
        allow_inf_nan=False,
        description="Days after which a book liked counts half as popular.",
    )

    @field_validator("workers")
    @classmethod
    def _can_fork(cls, workers: int) -> int:
        if workers > 1 and not hasattr(os, "fork"):
            raise ValueError("this system cannot fork processes: use one worker")
        return workers

    @property
    def models(self) -> Path:
        """The folder of the models."""
        return self.data_dir / "models"
