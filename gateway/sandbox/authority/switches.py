"""Switches for how the authority behaves; each default is what Entra does most."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.sandbox.authority.registry import DORA, Resource, Version

Seconds = Annotated[int, msgspec.Meta(ge=0)]


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The switches of `PUT /_sandbox/switches`; what the body leaves out takes its default.

    Attributes:
        one_time_refresh_tokens: A refresh token is good for one use. Entra's stay valid after their rotation.
        interaction_required: Names of users on behalf of whom nothing is had without interaction.
        token_versions: Version of the access tokens for a resource, by its URI, in the place of the usual one.
        access_token_lifetime_s: Also of ID tokens.
        refresh_token_lifetime_s: From each rotation anew (90 days: docs configurable-token-lifetimes).
        device_code_lifetime_s: (docs v2-oauth2-device-code, sample).
        device_interval_s: Whoever polls sooner is told to slow down.
        authorization_code_lifetime_s: (docs v2-oauth2-auth-code-flow: "about 10 minutes").
    """

    one_time_refresh_tokens: bool = False
    interaction_required: tuple[str, ...] = (DORA.name,)
    token_versions: dict[str, Version] = {}
    access_token_lifetime_s: Seconds = 3600
    refresh_token_lifetime_s: Seconds = 90 * 24 * 3600
    device_code_lifetime_s: Seconds = 900
    device_interval_s: Seconds = 5
    authorization_code_lifetime_s: Seconds = 600

    def version_of(self, resource: Resource) -> Version:
        return self.token_versions.get(resource.uri, resource.version)
