"""The command line: demo, serve, sandbox, login, schema, explain, health."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from typing_extensions import override

from gateway.cli import checks, serving
from gateway.cli.demo import run_demo
from gateway.cli.explain import run_explain
from gateway.cli.login import run_login
from gateway.settings import SettingsError


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

    demo = command("demo", run_demo, "Run the gateway in front of a sandbox Partner Center: nothing to set up.")
    serve = command("serve", serving.serve, "Run the gateway in front of Partner Center.")
    sandbox = command("sandbox", serving.sandbox, "Run a Partner Center of our own, for tests and trials.")
    login = command("login", run_login, "Sign the gateway in to Partner Center, once, by a person with MFA.")
    login.add_argument("--status", action="store_true", help="say who is signed in and until when")
    schema = command("schema", checks.schema, "Print the GraphQL schema, or compare a file with it.")
    explain = command("explain", run_explain, "Print what an operation would ask of Partner Center, without asking.")
    command(
        "health",
        checks.health,
        "Ask the gateway at GATEWAY_HOST and GATEWAY_PORT whether it is ready; exit code 0 says yes.",
    )
    for served in (demo, serve, sandbox):
        served.add_argument("--host", help="address to listen on (default: GATEWAY_HOST, or 127.0.0.1)")
        default = f"{serving.SANDBOX_PORT}" if served is sandbox else "GATEWAY_PORT, or 8000"
        served.add_argument("--port", type=int, help=f"port to listen on; 0 takes a free one (default: {default})")
    demo.add_argument(
        "--auth",
        choices=("passthrough", "obo", "service"),
        default="passthrough",
        metavar="MODE",
        help="passthrough, obo or service, with a sign-in service of our own (%(default)s)",
    )
    for made_up in (demo, sandbox):
        made_up.add_argument(
            "--invoices", type=int, default=240, metavar="N", help="how many invoices each partner has (%(default)s)"
        )
        made_up.add_argument("--seed", type=int, default=1, help="same number, same data (%(default)s)")
    schema.add_argument("--check", action="store_true", help="compare FILE with the schema and list what differs")
    schema.add_argument("--file", type=Path, default=Path("schema.graphql"), help="what --check compares (%(default)s)")
    explain.add_argument("query", metavar="QUERY", help="the GraphQL document; - reads it from standard input")
    explain.add_argument("--variables", metavar="JSON", help="the document's variables")
    explain.add_argument("--operation", metavar="NAME", help="which of its operations")
    explain.add_argument("--json", action="store_true", help="print the response as it is")
    explain.add_argument(
        "--url", help="ask a running gateway's /graphql, which knows what it keeps (without it, nothing is kept)"
    )
    explain.add_argument("--token", type=Path, metavar="FILE", help="has the bearer token to ask it with")
    return parser
