"""The command line: demo, serve, sandbox, schema, health."""

import argparse
import http.client
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox
from gateway.sandbox.server import serve_in_thread
from gateway.schema import build_schema
from gateway.schema.changes import changes
from gateway.settings import Settings, SettingsError
from gateway.telemetry import configure_logging

_SANDBOX_PORT = 8001
_GRACEFUL_SHUTDOWN_S = 5
_FIRST_QUERY = "{ invoiceSummaries { items { currencyCode balanceAmount } } }"


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
        print(f"gateway: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    command("health", _health, "Ask a running gateway whether it is ready; exit code 0 says yes.")
    for served in (demo, serve, sandbox):
        served.add_argument("--host", help="address to listen on (default: GATEWAY_HOST, or 127.0.0.1)")
        served.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: GATEWAY_PORT)")
    for made_up in (demo, sandbox):
        made_up.add_argument(
            "--invoices", type=int, default=240, help="how many invoices each partner has (%(default)s)"
        )
        made_up.add_argument("--seed", type=int, default=1, help="what the data are made from (%(default)s)")
    schema.add_argument("--check", action="store_true", help="compare FILE with the schema and list what differs")
    schema.add_argument("--file", type=Path, default=Path("schema.graphql"), help="for --check (%(default)s)")
    return parser


def _demo(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging("warning")
    with serve_in_thread(create_sandbox(seed=options.seed, invoice_count=options.invoices)) as sandbox_url:
        settings = settings.model_copy(
            update={
                "upstream_url": sandbox_url,
                "playground": settings.playground is not False,
                "introspection": settings.introspection is not False,
            }
        )

        def tell(address: str) -> None:
            print(
                f"Playground: {address}/\n"
                f"Sandbox:    {sandbox_url} (requests so far: {sandbox_url}/_sandbox/requests)\n\n"
                f"curl {address}/graphql -H 'Content-Type: application/json' \\\n"
                f'  -d \'{{"query": "{_FIRST_QUERY}"}}\'\n\n'
                "Ctrl+C ends it.",
                flush=True,
            )

        return _listen(create_app(settings, anonymous_token=FIRST_PARTNER_TOKEN), settings.host, settings.port, tell)


def _serve(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_logging(settings.log_level)
    return _listen(create_app(settings), settings.host, settings.port, lambda _address: None)


def _sandbox(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=_SANDBOX_PORT if options.port is None else options.port)
    configure_logging("warning")
    sandbox = create_sandbox(seed=options.seed, invoice_count=options.invoices)

    def tell(address: str) -> None:
        print(
            f"Partner Center sandbox: {address}\nBearer token of the first partner: {FIRST_PARTNER_TOKEN}", flush=True
        )

    return _listen(sandbox, settings.host, settings.port, tell)


def _listen(app: Any, host: str, port: int, tell: Callable[[str], None]) -> int:
    """Serve until a signal ends it.

    Args:
        app: an ASGI application.
        host: address to listen on.
        port: 0 takes a free one.
        tell: is given the address that is listened on.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_GRACEFUL_SHUTDOWN_S,
    )
    listening = config.bind_socket()
    bound_host, bound_port = listening.getsockname()[:2]
    tell(f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _schema(options: argparse.Namespace) -> int:
    current = build_schema().as_str() + "\n"
    if not options.check:
        print(current, end="")
        return 0
    found = changes(options.file.read_text(encoding="utf-8"), current)
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
        print(answer.read().decode())
    finally:
        connection.close()
    return 0 if answer.status == http.client.OK else 1
