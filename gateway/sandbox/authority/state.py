"""All that an authority knows and that changes."""

from __future__ import annotations

from gateway.sandbox.authority.credentials import Credentials
from gateway.sandbox.authority.device_codes import DeviceCodes
from gateway.sandbox.authority.draw import Draw
from gateway.sandbox.authority.keys import SigningKeys
from gateway.sandbox.authority.switches import Switches
from gateway.sandbox.authority.user_grants import AuthorizationCodes, RefreshTokens


class State:
    """Keys, switches, and what was issued.

    Args:
        seed: Of codes and refresh tokens.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.keys = SigningKeys()
        self._begin()

    def reset(self) -> None:
        """As it was at first, but for the signing key, which stays."""
        self.keys.reset()
        self._begin()

    def _begin(self) -> None:
        draw = Draw(self._seed)
        self.switches = Switches()
        self.credentials = Credentials(self.keys)
        self.refresh_tokens = RefreshTokens(draw)
        self.authorization_codes = AuthorizationCodes(draw)
        self.device_codes = DeviceCodes(draw)
