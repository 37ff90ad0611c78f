"""When there is tracing, and what a process without it does not do."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import SpanProcessor, export
from structlog.testing import capture_logs

from gateway.settings import SettingsError
from gateway.watching import tracing
from gateway.watching.traces import Traces

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "gateway"},
        {"OTEL_TRACES_EXPORTER": "none"} | ENDPOINT,
        {"OTEL_SDK_DISABLED": "True"} | ENDPOINT,
    ],
    ids=str,
)
def test_there_is_none_that_was_not_asked_for(environ):
    assert tracing.build_spans(environ) is None


@pytest.mark.parametrize(
    ("environ", "exporter"),
    [
        (ENDPOINT, "OTLPSpanExporter"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}, "OTLPSpanExporter"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "OTLPSpanExporter"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "ConsoleSpanExporter"),
    ],
    ids=str,
)
def test_the_standard_variables_choose_the_exporter(monkeypatch, environ, exporter):
    made = []
    monkeypatch.setattr(export, "BatchSpanProcessor", lambda each: made.append(each) or SpanProcessor())
    spans = tracing.build_spans(environ)
    spans.close()

    assert isinstance(spans, Traces)
    assert [type(each).__name__ for each in made] == [exporter]


@pytest.mark.parametrize(
    "environ", [{"OTEL_TRACES_EXPORTER": "zipkin"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"} | ENDPOINT]
)
def test_an_exporter_that_is_not_there_is_refused(environ):
    with pytest.raises(SettingsError, match="OTEL_TRACES_EXPORTER: nothing that is installed exports by"):
        tracing.build_spans(environ)


def test_without_the_extra_the_gateway_starts_and_says_so(monkeypatch):
    monkeypatch.setattr(tracing, "find_spec", lambda _name: None)
    with capture_logs() as logs:
        assert tracing.build_spans(ENDPOINT) is None

    assert [line["log_level"] for line in logs] == ["warning"]


def test_what_is_not_used_is_not_imported():
    code = (
        "import sys\n"
        "sys.modules['redis'] = None\n"  # Where OpenTelemetry is there, it imports it itself.
        "import gateway.cli\n"
        "from gateway.app import create_app\n"
        "from gateway.settings import Settings\n"
        "from gateway.watching.tracing import build_spans\n"
        "create_app(Settings(), spans=build_spans({}))\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'prometheus_client')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
