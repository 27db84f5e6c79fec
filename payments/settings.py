"""The demo provider's settings, read from the environment once."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import Host, ServiceSettings


class Settings(ServiceSettings):
    """The settings."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")

    bind: Host = Field("127.0.0.1", description="address to listen on; there is no authentication")
    port: int = Field(5002, ge=0, le=65535, description="port to listen on; 0 is any free one")
    data_dir: Path = Field(Path("var/payments"), description="folder of the database")
    seconds: float = Field(3.0, ge=0, le=86_400, allow_inf_nan=False, description="until a payment is decided")
    declines: float = Field(0.1, ge=0, le=1, description="share of the payments that are declined")

    # The shop's own settings, so that they need not be repeated.
    shop_port: int = Field(
        5001,
        ge=0,
        le=65535,
        validation_alias="MARKETPLACE_PORT",
        description="port of the shop; with 0, callbacks may go to any port of localhost",
    )
    callback_url: str | None = Field(
        None,
        validation_alias="MARKETPLACE_CALLBACK_URL",
        description="the only place that callbacks go to; by default http://localhost and the shop's port",
    )

    @property
    def shop_url(self) -> str:
        """Where callbacks may go; with port 0, any port."""
        return self.callback_url or f"http://localhost:{self.shop_port}"

    @property
    def database(self) -> str:
        """The URL of the database."""
        return f"sqlite:///{self.data_dir / 'payments.db'}"
