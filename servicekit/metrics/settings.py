"""The setting of services that have metrics."""

from pydantic import Field

from servicekit.settings import ServiceSettings


class MetricsSettings(ServiceSettings):
    """Where the metrics are."""

    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="port of the metrics for Prometheus, on the service's address; by default there are none; 0 for "
        "any free one",
    )
