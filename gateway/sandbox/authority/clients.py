"""Which app sends a request, and how it proves that."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.forms import basic_credentials
from gateway.sandbox.authority.registry import APPS, App

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers

    from gateway.sandbox.authority.credentials import Credentials
    from gateway.sandbox.authority.forms import Form
    from gateway.sandbox.authority.tokens import Proof

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def app_named(client_id: str) -> App:
    """The app of that id.

    Raises:
        EntraError: There is none.
    """
    app = APPS.get(client_id)
    if app is None:
        raise EntraError(700016, f"Application with identifier '{client_id}' was not found in the directory.")
    return app


def authenticated(
    form: Form, headers: Headers, credentials: Credentials, audiences: Sequence[str], *, public: bool
) -> tuple[App, Proof]:
    """The app that a request to the token endpoint comes from, and its proof.

    Args:
        form: Has the client id, and the secret or the assertion.
        headers: May have id and secret in their place.
        credentials: What assertions are checked against.
        audiences: What assertions may name.
        public: Whether the grant may do without a proof, if the app may.

    Raises:
        EntraError: No such app, or no proof, or a wrong one.
    """
    basic = basic_credentials(headers)
    client_id, secret = basic or (form.required("client_id"), form.get("client_secret"))
    app = app_named(client_id)
    assertion = form.get("client_assertion")
    if assertion and form.get("client_assertion_type") == _ASSERTION_TYPE:
        credentials.check(assertion, app.id, audiences)
        return app, "2"
    if secret:
        if app.secret is None:
            raise EntraError(700025)
        if not hmac.compare_digest(secret.encode(), app.secret.encode()):
            raise EntraError(7000215)
        return app, "1"
    if not (public and app.public_flows):
        raise EntraError(7000218)
    return app, "0"
