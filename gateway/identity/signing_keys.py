"""A JSON Web Key Set, read as the public keys in it that can verify signatures (RFC 7517, RFC 7518)."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Literal

import jwt
import msgspec

# Entra publishes about ten.
_MAX_KEYS = 100

# Fixed (RFC 8725, 3.1), in the order of key types; a key is used with an algorithm of its own type only.
_ALGORITHMS: Mapping[str, tuple[str, ...]] = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}
Algorithm = Literal["RS256", "PS256", "ES256"]

KeyId = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]

# A number of 8400 bits: beyond what anybody signs with, and verifying would take long.
_Number = Annotated[str, msgspec.Meta(max_length=1400)]
_Exponent = Annotated[str, msgspec.Meta(max_length=8)]


@dataclasses.dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, bound to one algorithm.

    Attributes:
        jwk: holds both.
        issuer: whose tokens alone it signs, where the key says so: Entra's pattern with `{tenantid}`, or a whole name.
    """

    jwk: jwt.PyJWK
    issuer: str | None

    @property
    def algorithm(self) -> str:
        return self.jwk.algorithm_name


class _JWKSet(msgspec.Struct):
    keys: list[msgspec.Raw]


class _JWK(msgspec.Struct):
    """The public half of a key that signs (RFC 7517, RFC 7518); with any other it is not decoded."""

    kty: Literal["RSA", "EC"]
    kid: KeyId
    use: Literal["sig"] = "sig"
    key_ops: tuple[Literal["verify"]] = ("verify",)
    alg: Algorithm | None = None
    issuer: str | None = None
    n: _Number = ""
    e: _Exponent = ""
    crv: Literal["P-256", ""] = ""
    x: _Number = ""
    y: _Number = ""

    def signing_keys(self) -> list[SigningKey]:
        """One for each algorithm of its type, or for its own alone.

        Raises:
            jwt.PyJWTError: they are no key.
        """
        # Only what is public, whatever else was published.
        numbers = {name: getattr(self, name) for name in ("kty", "n", "e", "crv", "x", "y") if getattr(self, name)}
        jwks = [jwt.PyJWK(numbers, algorithm) for algorithm in _ALGORITHMS[self.kty] if self.alg in (None, algorithm)]
        # RFC 7518, 3.3: "A key of size 2048 bits or larger MUST be used".
        return [SigningKey(jwk, self.issuer) for jwk in jwks if jwk.Algorithm.check_key_length(jwk.key) is None]


def signing_keys(body: bytes) -> Mapping[str, tuple[SigningKey, ...]]:
    """Those of a key set that can be used; the others are passed over. A set without any is taken at its word."""
    by_id: dict[str, tuple[SigningKey, ...]] = {}
    for raw in msgspec.json.decode(body, type=_JWKSet).keys[:_MAX_KEYS]:
        try:
            key = msgspec.json.decode(raw, type=_JWK)
            found = key.signing_keys()
        except (msgspec.MsgspecError, UnicodeDecodeError, jwt.PyJWTError):
            continue
        if found:
            by_id[key.kid] = (*by_id.get(key.kid, ()), *found)
    return by_id
