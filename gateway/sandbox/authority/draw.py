"""Codes and identifiers, drawn so that the same seed and requests give the same ones."""

from __future__ import annotations

import base64
import random
from typing import Final

# Of Entra's user codes: no vowels, no look-alikes (observed in the docs' samples).
_USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


class Draw:
    """Draws; in a real authority they would have to be unguessable."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def code(self, prefix: str = "") -> str:
        """43 characters that need no escaping anywhere, after the prefix."""
        return prefix + base64.urlsafe_b64encode(self._random.randbytes(32)).decode().rstrip("=")

    def user_code(self) -> str:
        """What a person types: nine letters."""
        return "".join(self._random.choices(_USER_CODE_LETTERS, k=9))
