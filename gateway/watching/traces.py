"""Spans by OpenTelemetry, which the extra `otel` brings.

Of W3C's headers `traceparent` and `tracestate` come in and go on; `baggage` does not: it is text of callers, and would
be told to Partner Center.
"""

import logging
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span as OpenTelemetrySpan
from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from typing_extensions import override

from gateway.errors import GatewayError
from gateway.watching import Span, Spans, Value

_PROPAGATOR = TraceContextTextMapPropagator()
_HEADERS = frozenset({b"traceparent", b"tracestate"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
_SERVER_ERROR = 500
_CLOSED_WITHIN_S = 3.0


class Traces(Spans):
    """Hands spans to a provider.

    Args:
        provider: whose they are; it is not made the process's own.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("partner-center-gateway")
        # Its warnings tell what callers send as `tracestate`, before anybody knows who they are.
        logging.getLogger("opentelemetry.trace.span").setLevel(logging.ERROR)

    @override
    def serving(self, app: Any) -> Any:
        async def traced(scope: Any, receive: Any, send: Any) -> None:
            # As the semantic conventions have it: there is no end to what a caller can call a method.
            method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
            attributes = {
                "http.request.method": method,
                "http.route": scope["path"],
                "url.path": scope["path"],
                "url.scheme": scope["scheme"],
                "gateway.correlation_id": scope["state"]["correlation_id"],
            }
            name = f"{'HTTP' if method == '_OTHER' else method} {scope['path']}"

            async def seen(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.note("http.response.status_code", message["status"])
                    if message["status"] >= _SERVER_ERROR:
                        span.fail(str(message["status"]))
                await send(message)

            with _Recorded(self._begin(name, attributes, SpanKind.SERVER, _parent(scope["headers"]))) as span:
                await app(scope, receive, seen)

        return traced

    @override
    def begin(self, name: str, attributes: Mapping[str, Value] | None = None, *, leaves: bool = False) -> Span:
        return _Recorded(self._begin(name, attributes, SpanKind.CLIENT if leaves else SpanKind.INTERNAL))

    @override
    def current(self) -> Span:
        return _Current()

    @override
    def headers(self) -> list[tuple[bytes, bytes]]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in carrier.items()]

    @override
    def close(self) -> None:
        # In a thread that may be left behind: a collector that hangs must not hold up the process's end.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSED_WITHIN_S)

    def _begin(
        self, name: str, attributes: Mapping[str, Value] | None, kind: SpanKind, parent: Context | None = None
    ) -> Any:
        # What an exception says is not told: it may be made of what a caller or upstream sent.
        return self._tracer.start_as_current_span(
            name,
            parent,
            kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        )


class _Current(Span):
    """The span that is current now."""

    @property
    def span(self) -> OpenTelemetrySpan:
        return get_current_span()

    @override
    def note(self, name: str, value: Value) -> None:
        self.span.set_attribute(name, value)

    @override
    def rename(self, name: str) -> None:
        self.span.update_name(name)

    def fail(self, kind: str) -> None:
        self.span.set_attribute("error.type", kind)
        self.span.set_status(Status(StatusCode.ERROR))


class _Recorded(_Current):
    """A span that a block is.

    Args:
        block: of OpenTelemetry's.
    """

    def __init__(self, block: Any) -> None:
        self._block = block
        self._span: Any = None

    @property
    @override
    def span(self) -> OpenTelemetrySpan:
        span: OpenTelemetrySpan = self._span
        return span

    @override
    def __enter__(self) -> Self:
        self._span = self._block.__enter__()
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.fail(error.code if isinstance(error, GatewayError) else type(error).__name__)
        self._block.__exit__(kind, error, trace)


def _parent(headers: list[tuple[bytes, bytes]]) -> Context:
    """Whose part a request is, as it says itself; nobody's, where it says nothing that can be read."""
    carrier = {name.decode("ascii"): value.decode("latin-1") for name, value in headers if name in _HEADERS}
    return _PROPAGATOR.extract(carrier, Context())
