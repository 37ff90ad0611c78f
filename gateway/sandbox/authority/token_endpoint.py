"""The token endpoint: one function per grant, and the answer that they share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import jwt
from starlette.responses import JSONResponse

from gateway.sandbox.authority import tokens
from gateway.sandbox.authority.addresses import Addresses, addresses_of, tenant_of
from gateway.sandbox.authority.clients import authenticated
from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.forms import Form, form_of
from gateway.sandbox.authority.registry import RESOURCES, App, Tenant, user_of
from gateway.sandbox.authority.scopes import Asked, asked
from gateway.sandbox.authority.tokens import Permit, Proof, Subject, Validity
from gateway.sandbox.authority.user_grants import UserGrant

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from gateway.sandbox.authority.state import State

# RFC 6749, 5.1.
_NOT_STORED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request whose app has proved itself; `tenant` is None where the path names none."""

    form: Form
    tenant: Tenant | None
    addresses: Addresses
    app: App
    proof: Proof

    def own_tenant(self) -> Tenant:
        if self.tenant is None:
            raise EntraError(50059)
        return self.tenant


class TokenEndpoint:
    """`POST /{tenant}/oauth2/v2.0/token`."""

    def __init__(self, state: State) -> None:
        self._state = state
        # The grant's function, and whether an app may ask without a proof.
        self._grants: dict[str, tuple[Callable[[_Asking], dict[str, Any]], bool]] = {
            "client_credentials": (self._client_credentials, False),
            "on_behalf_of": (self._on_behalf_of, False),
            "refresh_token": (self._refresh_token, True),
            "authorization_code": (self._authorization_code, True),
            "device_code": (self._device_code, True),
        }

    async def token(self, request: Request) -> Response:
        form = await form_of(request)
        tenant = tenant_of(request)
        form.required("grant_type")
        if form.grant not in self._grants:
            raise EntraError(70003)
        grant, public = self._grants[form.grant]
        addresses = addresses_of(request)
        segment = request.path_params["tenant"]
        audiences = [addresses.endpoint(segment, "token"), *(addresses.issuers(tenant) if tenant else ())]
        app, proof = authenticated(form, request.headers, self._state.credentials, audiences, public=public)
        return JSONResponse(grant(_Asking(form, tenant, addresses, app, proof)), headers=_NOT_STORED)

    def _client_credentials(self, asking: _Asking) -> dict[str, Any]:
        subject = Subject(asking.own_tenant(), asking.app, asking.proof)
        scope = asked(asking.form.required("scope"))
        if not scope.default:
            raise EntraError(1002012)
        return self._access(asking, subject, scope, asking.app.roles.get(scope.resource.uri, ()))

    def _on_behalf_of(self, asking: _Asking) -> dict[str, Any]:
        if asking.form.required("requested_token_use") != "on_behalf_of":
            raise EntraError(70003, "The requested_token_use is not supported.")
        tenant = asking.own_tenant()
        claims = self._assertion(asking, tenant)
        if "scp" not in claims:
            raise EntraError(7000114)
        user = user_of(claims.get("oid"))
        if user is None:
            raise EntraError(50034)
        if user.name in self._state.switches.interaction_required:
            raise EntraError(50079)
        # Nobody's second factor can be had on the way: the token says what the assertion said.
        amr = tuple(claims.get("amr", ()))
        return self._user_answer(asking, UserGrant(asking.app, user, amr, asking.form.required("scope")))

    def _assertion(self, asking: _Asking, tenant: Tenant) -> dict[str, Any]:
        """The claims of the token that the app was sent, if it was meant for the app."""
        audience = [asking.app.id, *_uris_of(asking.app)]
        issuers = asking.addresses.issuers(tenant)
        try:
            return self._state.keys.verify(asking.form.required("assertion"), audience, issuers)
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise EntraError(500133) from None
        except jwt.InvalidAudienceError:
            raise EntraError(500131) from None
        except jwt.PyJWTError as error:
            raise EntraError(50013, f"Assertion failed signature validation: {error}.") from None

    def _refresh_token(self, asking: _Asking) -> dict[str, Any]:
        one_time = self._state.switches.one_time_refresh_tokens
        token = asking.form.required("refresh_token")
        return self._user_answer(asking, self._state.refresh_tokens.redeem(token, asking.app, one_time=one_time))

    def _authorization_code(self, asking: _Asking) -> dict[str, Any]:
        code, redirect_uri = asking.form.required("code"), asking.form.required("redirect_uri")
        verifier = asking.form.get("code_verifier")
        return self._user_answer(
            asking, self._state.authorization_codes.redeem(code, asking.app, redirect_uri, verifier)
        )

    def _device_code(self, asking: _Asking) -> dict[str, Any]:
        device_code = asking.form.required("device_code")
        return self._user_answer(asking, self._state.device_codes.redeem(device_code, asking.app))

    def _user_answer(self, asking: _Asking, grant: UserGrant) -> dict[str, Any]:
        """Tokens for a user's grant; a refresh token if it was ever asked for."""
        if asking.tenant not in {None, grant.user.tenant}:
            raise EntraError(50020)
        scope = asked(asking.form.get("scope") or grant.scope)
        subject = Subject(grant.user.tenant, asking.app, asking.proof, grant.user, grant.amr)
        answer = self._access(asking, subject, scope, scope.permissions) | {"scope": scope.granted()}
        switches = self._state.switches
        if "offline_access" in grant.scope.split():
            answer["refresh_token"] = self._state.refresh_tokens.issue(
                replace(grant, nonce=None), switches.refresh_token_lifetime_s
            )
        if "openid" in scope.openid:
            validity = Validity(switches.access_token_lifetime_s)
            claims = tokens.id_claims(subject, grant.user, asking.addresses, validity, grant.nonce)
            answer["id_token"] = self._state.keys.sign(claims)
        if asking.form.get("client_info"):
            answer["client_info"] = tokens.client_info(grant.user)
        return answer

    def _access(self, asking: _Asking, subject: Subject, scope: Asked, permissions: tuple[str, ...]) -> dict[str, Any]:
        switches = self._state.switches
        lifetime_s = switches.access_token_lifetime_s
        claims = tokens.access_claims(
            subject,
            Permit(scope.resource, switches.version_of(scope.resource), permissions),
            asking.addresses,
            Validity(lifetime_s),
        )
        return {
            "token_type": "Bearer",
            "expires_in": lifetime_s,
            "ext_expires_in": lifetime_s,
            "access_token": self._state.keys.sign(claims),
        }


def _uris_of(app: App) -> list[str]:
    """The audiences, besides its id, of tokens that are meant for the app."""
    return [resource.uri for resource in RESOURCES if resource.app_id == app.id]
