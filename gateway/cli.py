"""The command line: demo, serve, sandbox, schema, health."""

import argparse
import http.client
import math
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import uvicorn
from graphql import GraphQLError
from starlette.applications import Starlette
from typing_extensions import override

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox
from gateway.sandbox.server import serve_in_thread
from gateway.schema import build_schema
from gateway.schema.changes import changes
from gateway.settings import Settings, SettingsError
from gateway.telemetry import configure_logging, log

_SANDBOX_PORT = 8001
_FIRST_QUERY = "{ invoiceSummaries { items { currencyCode balanceAmount } } }"


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"gateway: {message}; `{self.prog} --help` tells more\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: in place of the process's own.

    Returns:
        The exit code: 0 done, 1 not done, 2 called or set wrongly.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except SettingsError as error:
        for line in str(error).splitlines():
            print(f"gateway: {line}", file=sys.stderr)
        return 2
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        print(f"gateway: {what}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gateway",
        description="Read a Microsoft partner's invoices by GraphQL.",
        epilog="Start with `gateway demo`: it needs no account. Settings are GATEWAY_ variables; see the README.",
    )
    parser.add_argument("--version", action="version", version=version("partner-center-gateway"))
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], description: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=description, description=description)
        added.set_defaults(run=run)
        return added

    demo = command("demo", _demo, "Run the gateway in front of a sandbox Partner Center: nothing to set up.")
    serve = command("serve", _serve, "Run the gateway in front of Partner Center.")
    sandbox = command("sandbox", _sandbox, "Run a Partner Center of our own, for tests and trials.")
    schema = command("schema", _schema, "Print the GraphQL schema, or compare a file with it.")
    command(
        "health", _health, "Ask the gateway at GATEWAY_HOST and GATEWAY_PORT whether it is ready; exit code 0 says yes."
    )
    for served in (demo, serve, sandbox):
        served.add_argument("--host", help="address to listen on (default: GATEWAY_HOST, or 127.0.0.1)")
        default = f"{_SANDBOX_PORT}" if served is sandbox else "GATEWAY_PORT, or 8000"
        served.add_argument("--port", type=int, help=f"port to listen on; 0 takes a free one (default: {default})")
    for made_up in (demo, sandbox):
        made_up.add_argument(
            "--invoices", type=int, default=240, metavar="N", help="how many invoices each partner has (%(default)s)"
        )
        made_up.add_argument("--seed", type=int, default=1, help="same number, same data (%(default)s)")
    schema.add_argument("--check", action="store_true", help="compare FILE with the schema and list what differs")
    schema.add_argument("--file", type=Path, default=Path("schema.graphql"), help="what --check compares (%(default)s)")
    return parser


def _demo(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging("warning")
    with serve_in_thread(_made_up(options)) as sandbox_url:
        settings = settings.model_copy(
            update={
                "upstream_url": sandbox_url,
                "playground": settings.playground is not False,
                "introspection": settings.introspection is not False,
            }
        )

        def tell(address: str) -> None:
            print(
                f"{f'Playground: {address}/' if settings.playground else f'GraphQL:    {address}/graphql'}\n"
                f"Sandbox:    {sandbox_url} (requests so far: {sandbox_url}/_sandbox/requests)\n\n"
                f"curl {address}/graphql -H 'Content-Type: application/json' \\\n"
                f'  -d \'{{"query": "{_FIRST_QUERY}"}}\'\n\n'
                "Ctrl+C ends it.",
                flush=True,
            )

        app = create_app(settings, anonymous_token=FIRST_PARTNER_TOKEN)
        return _listen(app, settings, tell, grace_s=settings.deadline_s)


def _serve(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging(settings.log_level)

    def tell(address: str) -> None:
        log.info("listening", address=address)

    return _listen(create_app(settings), settings, tell, grace_s=settings.deadline_s)


def _sandbox(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=_SANDBOX_PORT if options.port is None else options.port)
    configure_logging("warning")
    sandbox = _made_up(options)

    def tell(address: str) -> None:
        print(
            f"Partner Center sandbox: {address}\nBearer token of the first partner: {FIRST_PARTNER_TOKEN}", flush=True
        )

    return _listen(sandbox, settings, tell, grace_s=1)


def _made_up(options: argparse.Namespace) -> Starlette:
    try:
        return create_sandbox(seed=options.seed, invoice_count=options.invoices)
    except ValueError as error:
        raise SettingsError(f"--invoices: {error}") from None


def _listen(app: Any, settings: Settings, tell: Callable[[str], None], *, grace_s: float) -> int:
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


def _schema(options: argparse.Namespace) -> int:
    current = build_schema().as_str() + "\n"
    if not options.check:
        print(current, end="")
        return 0
    try:
        found = changes(options.file.read_text(encoding="utf-8"), current)
    except (GraphQLError, TypeError, UnicodeDecodeError) as error:
        reason = str(getattr(error, "message", error)).partition("\n")[0]
        print(f"gateway: {options.file} is not a GraphQL schema: {reason}", file=sys.stderr)
        return 1
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} is up to date.")
    return 1 if found else 0


def _health(_options: argparse.Namespace) -> int:
    settings = Settings.read()
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        print(answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        print(f"gateway: no answer from {settings.host} port {settings.port}: {reason}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.client.OK else 1
