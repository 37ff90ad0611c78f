"""Where people sign in: the authorization endpoint, the device endpoint and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from gateway.sandbox.authority import pages
from gateway.sandbox.authority.addresses import addresses_of, tenant_of
from gateway.sandbox.authority.clients import app_named
from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.forms import Form, form_of
from gateway.sandbox.authority.registry import USERS
from gateway.sandbox.authority.scopes import asked
from gateway.sandbox.authority.user_grants import UserGrant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gateway.sandbox.authority.registry import App, Tenant, User
    from gateway.sandbox.authority.state import State

# Where apps may be sent their answers: nowhere but on this machine.
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_CARRIED: Final = (
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
)


class SignIn:
    """The endpoints and pages that lead to a user's grant."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        return [
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", self.device_code, methods=["POST"]),
            Route("/device", self.device, methods=["GET", "POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """The page, and what follows its button; what cannot go back to the app is told on a page."""
        try:
            tenant = tenant_of(request)
            form = Form(request.query_params) if request.method == "GET" else await form_of(request)
            app = _checked(form)
            if request.method == "GET":
                carried = {name: form[name] for name in _CARRIED if name in form}
                return pages.sign_in(app.name, carried, form.get("login_hint", ""))
            return self._signed_in(form, app, _user(form, tenant))
        except EntraError as error:
            return pages.told(error.message, error.status)

    def _signed_in(self, form: Form, app: App, user: User) -> Response:
        grant = UserGrant(app, user, user.amr, form["scope"], form.get("nonce"))
        code = self._state.authorization_codes.issue(
            grant,
            form["redirect_uri"],
            form.get("code_challenge") or None,
            form.get("code_challenge_method", "plain"),
            lifetime_s=self._state.switches.authorization_code_lifetime_s,
        )
        answer = {"code": code} | ({"state": form["state"]} if "state" in form else {})
        return _sent_back(form, answer)

    async def device_code(self, request: Request) -> Response:
        tenant, form = tenant_of(request), await form_of(request)
        app = app_named(form.required("client_id"))
        scope = form.required("scope")
        asked(scope)
        if not app.public_flows:
            raise EntraError(7000218)
        switches = self._state.switches
        issued = self._state.device_codes.issue(
            app, tenant, scope, lifetime_s=switches.device_code_lifetime_s, interval_s=switches.device_interval_s
        )
        page = addresses_of(request).device_page
        return JSONResponse(
            {
                "user_code": issued.user_code,
                "device_code": issued.device_code,
                "verification_uri": page,
                "expires_in": switches.device_code_lifetime_s,
                "interval": switches.device_interval_s,
                "message": (
                    f"To sign in, use a web browser to open the page {page} "
                    f"and enter the code {issued.user_code} to authenticate."
                ),
            }
        )

    async def device(self, request: Request) -> Response:
        if request.method == "GET":
            return pages.device(request.query_params.get("user_code", ""), "Enter the code that your device shows.")
        form = await form_of(request)
        try:
            self._state.device_codes.decide(form.required("user_code"), _user(form, None))
        except EntraError as error:
            return pages.device(form.get("user_code", ""), error.message, error.status)
        return pages.told("You have signed in on your device. You may close this page.")


def _checked(form: Form) -> App:
    """The app of an authorization request that can be granted.

    Raises:
        EntraError: It cannot.
    """
    app = app_named(form.required("client_id"))
    redirect_uri = urlsplit(form.required("redirect_uri"))
    if redirect_uri.scheme not in {"http", "https"} or redirect_uri.hostname not in _LOOPBACK:
        raise EntraError(50011, "The redirect URI is not on loopback, and the sandbox knows no others.")
    if form.required("response_type") != "code":
        raise EntraError(70003, "The response_type is not supported; the sandbox knows 'code'.")
    asked(form.required("scope"))
    if app.secret is None and not form.get("code_challenge"):
        raise EntraError(9002325)
    return app


def _user(form: Form, tenant: Tenant | None) -> User:
    user = USERS.get(form.required("user"))
    if user is None:
        raise EntraError(50034)
    if tenant not in {None, user.tenant}:
        raise EntraError(50020)
    return user


def _sent_back(form: Form, answer: Mapping[str, str]) -> Response:
    redirect_uri = form["redirect_uri"]
    if form.get("response_mode") == "form_post":
        return pages.hand_over(redirect_uri, answer)
    mark = "&" if "?" in redirect_uri else "?"
    # See Other: what follows is a GET, whatever this was.
    return RedirectResponse(f"{redirect_uri}{mark}{urlencode(answer)}", 303)
