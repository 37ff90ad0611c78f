"""`gateway demo`: the gateway in front of the sandbox, in each mode of `GATEWAY_AUTH`, without an account."""

import argparse
import json
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Any, NamedTuple

from cryptography.fernet import Fernet

from gateway.app import create_app
from gateway.cli.serving import listen, made_up_partner_center
from gateway.partner_center.refresh_token_store import LIFETIME_S, Held, RefreshTokenStore
from gateway.partner_center.trust import tls_context
from gateway.sandbox import FIRST_PARTNER_TOKEN
from gateway.sandbox.authority import (
    ADA,
    GATEWAY,
    PARTNER_CENTER,
    PARTNER_TENANT,
    READ_SCOPE,
    create_authority,
    make_tls,
)
from gateway.sandbox.server import serve_in_thread
from gateway.settings import Settings
from gateway.telemetry import configure_logging
from gateway.web.callers import Callers
from gateway.web.drain import Drain

_FIRST_QUERY = "{ invoiceSummaries { items { currencyCode balanceAmount } } }"
_TOKEN_LIFETIME_S = 8 * 60 * 60


class _SignIn(NamedTuple):
    """What a mode needs in the demo.

    Attributes:
        settings: overrides of settings.
        token: a caller's; None where callers need none.
        audience: that the sandbox's tokens must name; None takes any token.
    """

    settings: dict[str, Any]
    token: str | None
    audience: str | None


def run_demo(options: argparse.Namespace) -> int:
    configure_logging("warning")
    with (
        _sign_in(options.auth) as sign_in,
        serve_in_thread(made_up_partner_center(options, require_audience=sign_in.audience)) as sandbox_url,
    ):
        settings = Settings.read(host=options.host, port=options.port, upstream_url=sandbox_url, **sign_in.settings)
        settings = settings.model_copy(
            update={
                "playground": settings.playground is not False,
                "introspection": settings.introspection is not False,
                "explain": settings.explain is not False,
            }
        )
        drain, callers = Drain(), Callers()
        app = create_app(
            settings,
            drain=drain,
            callers=callers,
            anonymous_token=None if sign_in.token else FIRST_PARTNER_TOKEN,
            playground_token=sign_in.token,
        )

        def tell(address: str) -> None:
            bearer = f"  -H 'Authorization: Bearer {sign_in.token}' \\\n" if sign_in.token else ""
            print(
                f"{f'Playground: {address}/' if settings.playground else f'GraphQL:    {address}/graphql'}\n"
                f"Sandbox:    {sandbox_url} (requests so far: {sandbox_url}/_sandbox/requests)\n\n"
                f"curl {address}/graphql -H 'Content-Type: application/json' \\\n"
                f"{bearer}"
                f'  -d \'{{"query": "{_FIRST_QUERY}"}}\'\n\n'
                "Ctrl+C ends it.",
                flush=True,
            )

        return listen(app, settings, tell, grace_s=settings.deadline_s, drain=drain, callers=callers)


@contextmanager
def _sign_in(mode: str) -> Iterator[_SignIn]:
    """A sign-in service of our own, for the modes that need one; it and its files end with the block."""
    if mode == "passthrough":
        yield _SignIn({"auth": mode}, None, None)
        return
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as name:
        folder = Path(name)
        tls = make_tls(folder)
        with serve_in_thread(create_authority(), tls=tls) as authority:
            trusted = tls_context(tls.ca)
            asked = {"user": ADA.name, "scopes": [READ_SCOPE], "lifetime_s": _TOKEN_LIFETIME_S}
            token = _control(authority, "tokens", asked, trusted)["access_token"]
            settings: dict[str, Any] = {
                "auth": mode,
                "authority": authority,
                "tenant_id": PARTNER_TENANT.id,
                "client_id": GATEWAY.id,
                "client_secret": GATEWAY.secret,
                "ca_bundle": tls.ca,
            }
            if mode == "service":
                key = Fernet.generate_key().decode()
                issued = _control(authority, "refresh_tokens", {"action": "issue", "user": ADA.name}, trusted)
                held = Held(issued["refresh_token"], ADA.username, PARTNER_TENANT.id, LIFETIME_S)
                file = folder / "refresh-token"
                RefreshTokenStore(file, key).save(held)
                settings |= {"refresh_token_file": file, "token_key": key}
            yield _SignIn(settings, token, PARTNER_CENTER.uri)


def _control(authority: str, what: str, body: dict[str, Any], trusted: SSLContext) -> Any:
    """Ask the sandbox's sign-in service for something it gives to tests and demos alone."""
    request = urllib.request.Request(  # noqa: S310 — our own server, on loopback.
        f"{authority}/_sandbox/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, context=trusted) as answer:  # noqa: S310
        return json.load(answer)
