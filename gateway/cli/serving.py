"""`gateway serve` and `gateway sandbox`: listening until a signal ends it."""

import argparse
import math
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox
from gateway.settings import Settings, SettingsError
from gateway.telemetry import configure_logging, log

SANDBOX_PORT = 8001


def serve(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging(settings.log_level)

    def tell(address: str) -> None:
        log.info("listening", address=address)

    return listen(create_app(settings), settings, tell, grace_s=settings.deadline_s)


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


def listen(app: Any, settings: Settings, tell: Callable[[str], None], *, grace_s: float) -> int:
    """Serve until a signal ends it.

    Args:
        app: an ASGI application.
        settings: where to listen.
        tell: is given the address that is listened on.
        grace_s: how long a request that has begun may take to its answer.
    """
    host, port = settings.host, settings.port
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=math.ceil(grace_s) + 1,
    )
    # uvicorn ends with the signal that it was sent; SIGTERM, as Ctrl+C, asks for no more than an end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound_host, bound_port = listening.getsockname()[:2]
    tell(f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}")
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return 0 if server.started else 1
