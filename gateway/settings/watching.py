"""Settings of what operators see."""

import os
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from gateway.settings.values import SecondsOrZero


class WatchingSettings(BaseSettings):
    """What is logged, and where metrics are."""

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    slow_operation_s: SecondsOrZero = Field(
        5, description="Seconds from which on an operation is logged as slow, with its document's shape; 0 logs none."
    )
    metrics: bool | None = Field(
        None, description="Whether there is `/metrics`, for whoever reaches it. Off, unless it has a port of its own."
    )
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="Port at which `/metrics` is, and nothing else; it is not at `GATEWAY_PORT` then."
    )

    @field_validator("metrics_port")
    @classmethod
    def _is_another_port(cls, value: int | None, known: ValidationInfo) -> int | None:
        if value is not None and value == known.data.get("port"):
            raise ValueError("must not be GATEWAY_PORT; GATEWAY_METRICS=true has them there")
        return value

    @property
    def serves_metrics(self) -> bool:
        return self.metrics_port is not None if self.metrics is None else self.metrics


def opentelemetry_variables() -> dict[str, str]:
    """The environment's variables of OpenTelemetry: they have a specification of their own, and no table here."""
    return {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}
