"""An issuer in memory: what it publishes, what it was asked, and tokens signed with any key."""

import asyncio
import base64
import functools
import json

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.api_jws import get_algorithm_by_name

from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.issuers import entra
from gateway.identity.token_verifier import TokenVerifier
from tests.fakes import FakeClock

AUTHORITY = "https://login.example"
TENANT = "11111111-0000-4000-8000-000000000001"
OTHER_TENANT = "11111111-0000-4000-8000-000000000002"
USER = "22222222-0000-4000-8000-000000000001"
CLIENT = "33333333-0000-4000-8000-000000000001"
AUDIENCE = "api://gateway"
SCOPE = "Invoices.Read"
ROLE = "Invoices.Read.All"
V2 = f"{AUTHORITY}/{TENANT}/v2.0"
METADATA_URL = f"{V2}/.well-known/openid-configuration"
KEYS_URL = f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"
METADATA, KEYS = "metadata", "keys"
NOW_S = 1_800_000_000.0


@functools.cache
def rsa_key(name, bits=2048):
    """The same name is the same key."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key(name, curve=ec.SECP256R1):
    return ec.generate_private_key(curve())


def jwk(key, kid, **members):
    """The public half, as an issuer publishes it; a member of None is left out."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    public = algorithm.to_jwk(key.public_key(), as_dict=True)
    public.pop("key_ops", None)
    published = public | {"kid": kid, "use": "sig"} | members
    return {name: value for name, value in published.items() if value is not None}


def pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def encoded(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(claims, key=None, alg="RS256", **header):
    """A token; claims and the header's members may be anything. A header's member of None is left out."""
    members = {"typ": "JWT", "alg": alg, "kid": "first"} | header
    return signed({name: value for name, value in members.items() if value is not None}, claims, key, alg)


def signed(header, claims, key=None, alg="RS256"):
    message = f"{encoded(header)}.{encoded(claims)}"
    signature = get_algorithm_by_name(alg).sign(message.encode(), rsa_key("first") if key is None else key)
    return f"{message}.{encoded(signature)}"


def claims(**changes):
    """A user's claims of version 2; a change to None leaves one out."""
    usual = {
        "iss": V2,
        "aud": AUDIENCE,
        "exp": NOW_S + 3600,
        "nbf": NOW_S - 10,
        "tid": TENANT,
        "oid": USER,
        "sub": "pairwise",
        "azp": CLIENT,
        "scp": SCOPE,
        "ver": "2.0",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def app_claims(**changes):
    """The claims of an application's own token."""
    return claims(**({"scp": None, "idtyp": "app", "oid": CLIENT, "sub": CLIENT, "roles": [ROLE]} | changes))


class FakeIssuer:
    """Answers for both documents, through httpx's own seam.

    Attributes:
        metadata: what its OpenID configuration is: JSON, or an answer, or an error to raise.
        jwks: the same for its keys.
        requests: METADATA and KEYS, in the order they were asked for; other addresses as they are.
        headers: of the last request.
        gate: requests wait until it is set.
        is_down: whether connections are refused.
        on_answered: called when an answer is made and before it is given.
    """

    def __init__(self, *keys):
        self.metadata = {"issuer": V2, "jwks_uri": KEYS_URL}
        self.jwks = {"keys": list(keys) or [jwk(rsa_key("first"), "first")]}
        self.requests = []
        self.headers = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_down = False
        self.on_answered = lambda: None
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def publish(self, *keys):
        self.jwks = {"keys": list(keys)}

    async def _answer(self, request):
        self.requests.append({METADATA_URL: METADATA, KEYS_URL: KEYS}.get(str(request.url), str(request.url)))
        self.headers = request.headers
        await self.gate.wait()
        if self.is_down:
            raise httpx.ConnectError("refused")
        answer = self.metadata if self.requests[-1] == METADATA else self.jwks
        if isinstance(answer, Exception):
            raise answer
        response = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
        self.on_answered()
        return response


class Door:
    """A verifier in front of a fake issuer, with both of its clocks.

    Attributes:
        ticks: the clock of keys' ages.
        clock: the clock of tokens.
    """

    def __init__(self, issuer=None, *, trusted=None, fresh_s=300, audiences=(AUDIENCE,), scope=SCOPE, role=ROLE):
        self.issuer = issuer or FakeIssuer()
        self.ticks = FakeClock()
        self.clock = FakeClock(NOW_S)
        trusted = trusted or entra(AUTHORITY, TENANT)
        self.keys = IssuerKeys(trusted, self.issuer.http, fresh_s=fresh_s, clock=self.ticks)
        self.verifier = TokenVerifier(self.keys, audiences=audiences, scope=scope, role=role, clock=self.clock)

    async def verify(self, text):
        return await self.verifier.verify(text)
