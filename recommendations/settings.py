"""The settings of the Recommendations service."""

import os
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from servicekit.grpc.settings import GrpcSettings
from servicekit.listening import is_unix, parse_hosts
from servicekit.metrics.settings import MetricsSettings


class Settings(MetricsSettings, GrpcSettings):
    """Read from RECOMMENDATIONS_… environment variables."""

    model_config = SettingsConfigDict(env_prefix="RECOMMENDATIONS_")
    database_file = "recommendations.db"

    bind: str = Field(
        "127.0.0.1",
        description="Addresses to listen on, separated by commas: `0.0.0.0` for all of them (as in the image), "
        "`[::1]`, `unix:/path`.",
    )
    port: int = Field(50051, ge=0, le=65535, description="Port to listen on; 0 lets the system choose.")
    health_port: int = Field(
        50061, ge=0, le=65535, description="With TLS, the port of 127.0.0.1 where health is answered without it."
    )
    require_tokens: bool = Field(False, description="Whether each call needs a token with a scope.")
    threads: int = Field(10, ge=1, le=256, description="Threads for each worker's calls that use the database.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        validation_alias=AliasChoices("RECOMMENDATIONS_WORKERS", "WORKERS"),
        description="Processes that share the port; plain `WORKERS` works too.",
    )
    data_dir: Path = Field(
        Path("var/recommendations"), description="Folder of the models, the rejects files and the SQLite database."
    )
    ids_dir: Path = Field(
        Path("var/ids"),
        validation_alias=AliasChoices("RECOMMENDATIONS_IDS_DIR", "IDS_DIR"),
        description="Folder, shared with the shop, of the numbers given to imported ids; plain `IDS_DIR` works too.",
    )
    stale_seconds: float = Field(
        10.0,
        ge=1,
        le=3600,
        description="After this long without the database, its health service is NOT_SERVING.",
    )
    diversity: float = Field(
        0.3,
        ge=0,
        le=1,
        description="How much less each further book of an author in a list counts, 0 to 1.",
    )
    reflection: bool = Field(True, description="Whether grpcurl and others may list the methods.")
    log_requests: bool = Field(False, description="Log every call, not only failed and slow ones.")
    slow_call_ms: float = Field(250.0, gt=0, description="Calls that take longer are logged.")
    drain_seconds: float = Field(
        10.0, ge=0, le=600, description="How long calls in progress may take once the server is told to stop."
    )
    half_life_days: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Days after which a liked book counts half towards popularity; by default training finds them.",
    )

    @field_validator("workers")
    @classmethod
    def _can_share(cls, workers: int, others: ValidationInfo) -> int:
        if workers > 1 and not hasattr(os, "fork"):
            raise ValueError("this system cannot fork processes: use one worker")
        if workers > 1 and any(map(is_unix, parse_hosts(others.data.get("bind", "localhost")))):
            raise ValueError("workers cannot share the Unix socket of RECOMMENDATIONS_BIND: use one worker, or ports")
        return workers

    @property
    def accepts_strangers(self) -> bool:
        return super().accepts_strangers and not self.require_tokens

    def metrics_port_of(self, number: int) -> int | None:
        """The port of a worker's metrics: those of the first one, and the ports after it."""
        return self.metrics_port + number if self.metrics_port else self.metrics_port

    @property
    def models(self) -> Path:
        return self.data_dir / "models"
