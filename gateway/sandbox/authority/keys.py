"""The keys that sign tokens, and their rotation: publish the next, sign with it, withdraw the old one."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

# As Entra's; RS256 needs at least these (RFC 7518, 3.3).
_KEY_BITS: Final = 2048


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A key pair; its id is a hash of the public half."""

    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, _KEY_BITS))
    kid: str = field(init=False)

    def __post_init__(self) -> None:
        der = self.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.sha256(der).digest()
        # As long as Entra's, which are SHA-1 hashes of certificates.
        object.__setattr__(self, "kid", base64.urlsafe_b64encode(digest[:20]).decode().rstrip("="))

    @property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()


class SigningKeys:
    """One key that signs, and those that are published: at first the same one."""

    def __init__(self) -> None:
        self._signing = SigningKey()
        self._published = [self._signing]

    def add(self) -> str:
        """Publishes a new key that does not sign yet; returns its id."""
        self._published.append(SigningKey())
        return self._published[-1].kid

    def use_next(self) -> str:
        """Signs with the key published last; returns its id.

        Raises:
            ValueError: No key is published.
        """
        if not self._published:
            raise ValueError("No key is published: add one first")
        self._signing = self._published[-1]
        return self._signing.kid

    def withdraw(self, kid: str | None = None) -> str:
        """Publishes a key no longer; it may be the one that signs, only if it is named. Returns its id.

        Args:
            kid: By default the oldest that does not sign.

        Raises:
            ValueError: There is no such key.
        """
        for key in self._published:
            if key.kid == kid or (kid is None and key is not self._signing):
                self._published.remove(key)
                return key.kid
        raise ValueError("No such key is published" if kid else "Only the signing key is published: add one first")

    def reset(self) -> None:
        """Publishes the signing key alone."""
        self._published = [self._signing]

    def report(self) -> list[dict[str, Any]]:
        published = [{"kid": key.kid, "signing": key is self._signing, "published": True} for key in self._published]
        hidden = [] if self._signing in self._published else [self._signing]
        return published + [{"kid": key.kid, "signing": True, "published": False} for key in hidden]

    def jwks(self) -> dict[str, Any]:
        """The published keys (RFC 7517, 5)."""
        return {
            "keys": [
                {"kty": "RSA", "use": "sig", "kid": key.kid, "n": numbers["n"], "e": numbers["e"]}
                for key in self._published
                for numbers in (RSAAlgorithm.to_jwk(key.public, as_dict=True),)
            ]
        }

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._signing.private, algorithm="RS256", headers={"kid": self._signing.kid})

    def verify(self, token: str, audience: list[str], issuer: list[str]) -> dict[str, Any]:
        """The claims of a token that a published key signed.

        Raises:
            jwt.PyJWTError: It is not valid for that audience and issuer, or not now.
        """
        kid = jwt.get_unverified_header(token).get("kid")
        found = next((key for key in self._published if key.kid == kid), None)
        if found is None:
            raise jwt.InvalidSignatureError("No published key has the token's kid")
        return jwt.decode(
            token,
            found.public,
            algorithms=["RS256"],
            audience=audience,
            issuer=issuer,
            options={"require": ["exp"]},
        )
