"""`gateway login`: a person signs in once, with MFA, on any device; the gateway keeps the refresh token."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msal
from msal.exceptions import MsalError

from gateway.errors import SignInFailedError, SignInUnavailableError
from gateway.partner_center.msal_http import MsalHTTPClient
from gateway.partner_center.refresh_token_store import LIFETIME_S, Held


def sign_in_by_device(
    *, client_id: str, authority: str, scope: str, http: MsalHTTPClient, tell: Callable[[str, str], None]
) -> Held:
    """Let a person sign in with a code (RFC 8628), and wait until it is done.

    Args:
        client_id: of the gateway's app registration, which must allow public client flows.
        authority: address of the tenant at its sign-in service.
        scope: asked for.
        http: carries the requests.
        tell: is given the address to open and the code to enter there.

    Returns:
        The refresh token and whose it is.

    Raises:
        SignInFailedError: the code ran out, or the person or Entra refused.
        SignInUnavailableError: no proper answer came.
    """
    try:
        application = msal.PublicClientApplication(
            client_id, authority=authority, instance_discovery=False, http_client=http
        )
        flow = application.initiate_device_flow(scopes=[scope])
        if "user_code" not in flow:
            raise SignInFailedError
        tell(str(flow["verification_uri"]), str(flow["user_code"]))
        answer: Mapping[str, Any] = application.acquire_token_by_device_flow(flow)
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, MsalError):
        # msal lets whatever its HTTP raises pass, and fails in many ways on what is not JSON.
        raise SignInUnavailableError from None
    refresh_token = answer.get("refresh_token")
    if not isinstance(refresh_token, str):
        raise SignInFailedError
    who = answer.get("id_token_claims") or {}
    return Held(
        refresh_token,
        user=str(who.get("preferred_username", "unknown")),
        tenant=str(who.get("tid", "")),
        expires_at_s=time.time() + LIFETIME_S,
    )
