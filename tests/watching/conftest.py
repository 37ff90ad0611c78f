"""Gateways that somebody looks at."""

import json
import logging
from contextlib import AsyncExitStack

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.app import create_app
from gateway.settings import Settings
from gateway.watching.traces import Traces
from tests.gateway_client import GatewayClient


class Kept(logging.Handler):
    """The lines of operations, as JSON says them, but for their time."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        line = json.loads(record.getMessage())
        assert line.pop("timestamp").endswith("Z")
        self.lines.append(line)

    def take(self):
        taken, self.lines = self.lines, []
        return taken


@pytest.fixture
def operations():
    """Lets operations' lines be read, at debug level."""
    logger, kept = logging.getLogger("gateway.operation"), Kept()
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    yield kept
    logger.setLevel(level)
    logger.removeHandler(kept)


@pytest.fixture
def spans():
    """The spans that have ended."""
    return InMemorySpanExporter()


@pytest.fixture
async def start_traced(sandbox, spans):
    """Starts gateways whose spans end up in `spans`; settings by name."""
    async with AsyncExitStack() as running:

        async def start(**settings):
            provider = TracerProvider(shutdown_on_exit=False)
            provider.add_span_processor(SimpleSpanProcessor(spans))
            app = create_app(Settings(upstream_url=sandbox.url, **settings), spans=Traces(provider))
            await running.enter_async_context(app.router.lifespan_context(app))
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")
            return GatewayClient(await running.enter_async_context(http), "sandbox-partner-1")

        yield start
