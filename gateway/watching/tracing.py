"""Whether there is tracing, and where its spans go: by OpenTelemetry's own variables, not by the gateway's.

Names and defaults: OpenTelemetry specification, "SDK environment variables" and "OTLP exporter". The SDK reads
`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_…` and `OTEL_EXPORTER_…` itself.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from gateway.settings import SettingsError
from gateway.telemetry import log
from gateway.watching import Spans

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SERVICE_NAME = "partner-center-gateway"


def build_spans(environ: Mapping[str, str]) -> Spans | None:
    """What an environment asks for. Nothing of OpenTelemetry is imported where it asks for no tracing.

    Without an exporter or an endpoint that is named there is none, though the specification's default is a collector
    on this machine: its absence would fill the log of everybody who has the extra.

    Raises:
        SettingsError: it names an exporter that is not installed.
    """
    exporter = _exporter_name(environ)
    if exporter is None:
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        # No reason not to start: OpenTelemetry's operator sets its variables in pods that know nothing of it.
        log.warning("no traces: OTEL_ variables ask for them, and the extra otel is not installed")
        return None
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 — an extra brings it.
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    from gateway.watching.traces import Traces  # noqa: PLC0415

    # The environment's name of the service wins over this one.
    named = Resource.create({} if environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: _SERVICE_NAME})
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
    return Traces(provider)


def _exporter_name(environ: Mapping[str, str]) -> str | None:
    """As the entry points of packages that export are named; None where nothing is to be traced."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    name = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if not name and any(environ.get(endpoint) for endpoint in _ENDPOINTS):
        name = "otlp"
    if name in ("", "none"):
        return None
    if name != "otlp":
        return name
    protocol = next(filter(None, map(environ.get, _PROTOCOLS)), "http/protobuf")
    return "otlp_proto_grpc" if protocol == "grpc" else "otlp_proto_http"


def _exporter(name: str) -> Any:
    found = [each for each in entry_points(group="opentelemetry_traces_exporter") if each.name == name]
    if not found:
        raise SettingsError(f"OTEL_TRACES_EXPORTER: nothing that is installed exports by {name}")
    return found[0].load()()
