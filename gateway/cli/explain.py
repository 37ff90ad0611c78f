"""`gateway explain`: what an operation would ask of Partner Center, without asking."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import httpx
import msgspec

from gateway.app import create_app
from gateway.partner_center.trust import tls_context
from gateway.settings import Settings, SettingsError
from gateway.telemetry import configure_logging

# Whose rights are planned for makes no difference where nothing is kept.
_ANYBODY = "anybody"
_HEAD = ("call", "now", "answers", "calls")
_HIGHEST_PORT = 65_535


class _Range(TypedDict):
    least: int
    most: int


class _Row(_Range):
    method: str
    path: str
    verdict: str
    answers: int
    behind: bool


class _Plan(_Range):
    calls: list[_Row]
    behind: _Range
    budget: int
    mayExceedBudget: bool
    answerKept: bool


class _Extensions(TypedDict, total=False):
    plan: _Plan


class _ErrorExtensions(TypedDict):
    code: str


class _Error(TypedDict):
    message: str
    extensions: _ErrorExtensions


class _Answer(TypedDict, total=False):
    """What is taken from an answer, whoever gave it."""

    errors: list[_Error]
    extensions: _Extensions


def run_explain(options: argparse.Namespace) -> int:
    configure_logging("warning")
    request = {"query": sys.stdin.read() if options.query == "-" else options.query}
    if options.variables is not None:
        request["variables"] = _object(options.variables)
    if options.operation is not None:
        request["operationName"] = options.operation
    try:
        answer = asyncio.run(_asked(options, request))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        whence = "" if options.url is None else f" from {options.url}"
        print(f"gateway: no plan{whence}: {str(error) or type(error).__name__}", file=sys.stderr)
        return 1
    plan = answer.get("extensions", {}).get("plan")
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        for each in answer.get("errors", ()):
            print(f"{each['extensions']['code']}: {each['message']}", file=sys.stderr)
        if plan is not None:
            print(table(plan))
    return 1 if plan is None else 0


async def _asked(options: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a running gateway, or of one that is made here and keeps nothing yet."""
    headers = {"X-Gateway-Explain": "plan"}
    if options.url is not None:
        if (httpx.URL(options.url).port or 0) > _HIGHEST_PORT:
            raise ValueError(f"there is no port above {_HIGHEST_PORT}")
        if options.token is not None:
            headers["Authorization"] = f"Bearer {_token(options.token)}"
        tls = tls_context(Settings.read(auth="passthrough").ca_bundle)
        async with httpx.AsyncClient(verify=tls, trust_env=False) as client:
            return _decoded(await client.post(options.url, json=request, headers=headers))
    # How the gateway knows its callers is nothing to a plan, and may not be set completely.
    settings = Settings.read(auth="passthrough", explain=True)
    app = create_app(settings, anonymous_token=_ANYBODY)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False) as client,
    ):
        return _decoded(await client.post("/graphql", json=request, headers=headers))


def _decoded(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    try:
        known = msgspec.convert(answer, _Answer)
    except msgspec.ValidationError:
        raise ValueError("it is no gateway") from None
    if not known.get("errors") and "plan" not in known.get("extensions", {}):
        raise ValueError("it does not explain operations")
    return answer


def _token(file: Path) -> str:
    """What may go into a header: httpx shows what may not in its error."""
    token = file.read_text("utf-8", "replace").strip()
    if not (token and token.isascii() and token.isprintable()):
        raise SettingsError(f"--token: {file} must have a token of ASCII characters in one line")
    return token


def _object(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SettingsError("--variables: must be a JSON object")
    return found


def table(plan: dict[str, Any]) -> str:
    """`extensions.plan` for people to read."""
    rows = [
        (
            f"{each['method']} {each['path']}",
            each["verdict"],
            str(each["answers"]),
            _range(each) + (" behind" if each["behind"] and each["most"] else ""),
        )
        for each in plan["calls"]
    ]
    behind = f", and {_range(plan['behind'])} behind" if plan["behind"]["most"] else ""
    total = f"{_range(plan)} calls{behind}; an operation may make {plan['budget']}."
    notes = ["It may need more than that." if plan["mayExceedBudget"] else ""]
    notes.append("The whole answer is kept." if plan["answerKept"] else "")
    return "\n".join([*(_aligned([_HEAD, *rows]) if rows else ()), " ".join(filter(None, [total, *notes]))])


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _range(calls: dict[str, Any]) -> str:
    least, most = calls["least"], calls["most"]
    return str(least) if least == most else f"{least} to {most}"
