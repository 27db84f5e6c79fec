"""The demo provider's settings, read from the environment once."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")

    bind: str = Field("127.0.0.1", description="address to listen on; there is no authentication")
    port: int = Field(5002, ge=0, le=65535, description="port to listen on; 0 is any free one")
    data_dir: Path = Field(Path("var/payments"), description="folder of the database")
    seconds: float = Field(3.0, ge=0, le=86_400, allow_inf_nan=False, description="until a payment is decided")
    declines: float = Field(0.1, ge=0, le=1, description="share of the payments that are declined")

    @property
    def database(self) -> str:
        """The URL of the database."""
        return f"sqlite:///{self.data_dir / 'payments.db'}"
