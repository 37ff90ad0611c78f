"""`gateway serve` and `gateway sandbox`: listening until a signal ends it."""

import argparse
import asyncio
import gc
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox
from gateway.settings import Settings, SettingsError
from gateway.settings.watching import opentelemetry_variables
from gateway.telemetry import configure_logging, log
from gateway.watching.tracing import build_spans
from gateway.web.callers import Callers
from gateway.web.connection import Connection
from gateway.web.drain import Drain

SANDBOX_PORT = 8001

_KEEP_ALIVE_S = 15
_TICK_S = 0.1
_ANSWERING_S = 1.0
_FURTHER_FILES = 256  # Connections that are refused, Redis, sign-in, modules, logs.


def serve(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging(settings.log_level)

    def tell(address: str) -> None:
        log.info("listening", address=address)

    drain, callers = Drain(), Callers()
    spans = build_spans(opentelemetry_variables())
    try:
        app = create_app(settings, drain=drain, callers=callers, spans=spans)
        return listen(app, settings, tell, grace_s=settings.deadline_s, drain=drain, callers=callers)
    finally:
        if spans is not None:
            spans.close()


def sandbox(options: argparse.Namespace) -> int:
    # How the gateway knows its callers is nothing to the sandbox, and may not be set completely.
    port = SANDBOX_PORT if options.port is None else options.port
    settings = Settings.read(host=options.host, port=port, auth="passthrough")
    configure_logging("warning")

    def tell(address: str) -> None:
        print(
            f"Partner Center sandbox: {address}\nBearer token of the first partner: {FIRST_PARTNER_TOKEN}", flush=True
        )

    return listen(made_up_partner_center(options), settings, tell, grace_s=1)


def made_up_partner_center(options: argparse.Namespace, *, require_audience: str | None = None) -> Starlette:
    """The sandbox that a command line asks for.

    Args:
        options: with `seed` and `invoices`.
        require_audience: the `aud` that tokens must name; None takes any token.

    Raises:
        SettingsError: it cannot be as asked.
    """
    try:
        return create_sandbox(seed=options.seed, invoice_count=options.invoices, require_audience=require_audience)
    except ValueError as error:
        raise SettingsError(f"--invoices: {error}") from None


def listen(  # noqa: PLR0913 — every seam of it, one a line.
    app: Any,
    settings: Settings,
    tell: Callable[[str], None],
    *,
    grace_s: float,
    drain: Drain | None = None,
    callers: Callers | None = None,
) -> int:
    """Serve until a signal ends it.

    Args:
        app: an ASGI application.
        settings: where to listen.
        tell: is given the address that is listened on.
        grace_s: how long a request that has begun may take to its answer.
        drain: what the application is told of the end by; None listens no longer than to the signal.
        callers: what it is told of the connections by; with it, the metrics' port is listened on, too.
    """
    host, port = settings.host, settings.port
    config = uvicorn.Config(
        app,
        http=Connection,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )
    _allow_open_files(settings.max_connections + settings.upstream_concurrency + _FURTHER_FILES)
    # uvicorn ends with the signal that it was sent; SIGTERM, as Ctrl+C, asks for no more than an end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = [socket.create_server((host, port), family=family)]
    bound_host, bound_port = listening[0].getsockname()[:2]
    if callers is not None and settings.serves_metrics and settings.metrics_port is not None:
        listening.append(socket.create_server((host, settings.metrics_port), family=family))
    tell(f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}")
    # What is there by now stays; the collector need not go through it again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    server = _Server(config, drain or Drain(), drain_s=settings.drain_s if drain else 0, grace_s=grace_s + _ANSWERING_S)
    if callers is not None:
        callers.connections = lambda: len(server.server_state.connections)
    server.run(sockets=listening)
    return 0 if server.started else 1


def _allow_open_files(count: int) -> None:
    """Raise this process's soft limit where it is lower, as far as it may: often 1,024, connections included."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 — there is none on Windows.

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class _Server(uvicorn.Server):
    """Goes on listening for a while after the signal, and on for those who are connected while answers are under way.

    Args:
        config: what is served.
        drain: is set as the end comes nearer.
        drain_s: from the signal to the end of listening; a second Ctrl+C ends it at once.
        grace_s: from then on, for answers that are under way.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, *, drain_s: float, grace_s: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._drain_s = drain_s
        self._grace_s = grace_s

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._drain.begun = True
        super().handle_exit(sig, frame)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain.begun = True
        await self._serve_on(self._drain_s, lambda: True)
        self._drain.refuses = True
        for listener in self.servers:
            listener.close()
        for listening in sockets or []:
            listening.close()
        for connection in self._connections():
            connection.hurry()
        await self._serve_on(self._grace_s, lambda: not all(each.is_idle for each in self._connections()))
        await super().shutdown(sockets)

    async def _serve_on(self, seconds: float, is_wanted: Callable[[], bool]) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s and is_wanted() and not self.force_exit:
            await asyncio.sleep(min(_TICK_S, seconds))
            await self.on_tick(0)  # Renews the Date header.

    def _connections(self) -> list[Connection]:
        return [each for each in self.server_state.connections if isinstance(each, Connection)]
