"""The settings of previews, read from the environment once."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.grpc.settings import GrpcSettings
from servicekit.metrics.settings import MetricsSettings


class Settings(MetricsSettings, GrpcSettings):
    """The settings of Previews. None of them weakens the rules of what may be fetched."""

    model_config = SettingsConfigDict(env_prefix="PREVIEWS_")
    database_file = "previews.db"

    bind: str = Field("127.0.0.1", description="addresses to listen on, as for RECOMMENDATIONS_BIND")
    port: int = Field(50052, ge=0, le=65535, description="port to listen on; 0 lets the system choose")
    health_port: int = Field(
        50062, ge=0, le=65535, description="with TLS, the port of 127.0.0.1 where health is answered without it"
    )
    threads: int = Field(16, ge=1, le=256, description="threads for calls, which wait for sites")
    data_dir: Path = Field(Path("var/previews"), description="folder of its SQLite database")
    user_agent: str = Field(
        "BookMarketplace-LinkPreview/1.0",
        pattern=r"^[ -~]{1,200}$",
        description="how it introduces itself to sites; some expect an address to write to in it",
    )
    reflection: bool = Field(True, description="whether grpcurl and others may list the methods")
    log_requests: bool = Field(False, description="log every call, not only failed and slow ones")
    slow_call_ms: float = Field(6000.0, gt=0, description="calls that take longer are logged")
    drain_seconds: float = Field(
        10.0, ge=0, le=600, description="how long calls in progress may take once the server is told to stop"
    )
