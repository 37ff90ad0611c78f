"""Shows `gateway serve` tokens of an OpenID provider that is not ours: npm's oidc-provider, over TLS.

`python -m tests.audits.oidc_provider` needs Node and npm; it installs the provider into a temporary folder. It ends
with 0 where the gateway believes what it should, refuses all else, and says which of the two it did.
"""

import base64
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.partner_center.refresh_token_store import LIFETIME_S, Held, RefreshTokenStore
from gateway.sandbox import create_sandbox
from gateway.sandbox.authority import ADA, GATEWAY, PARTNER_TENANT, Tls, create_authority, make_tls
from gateway.sandbox.server import serve_in_thread
from tests.e2e.gateway_process import GatewayProcess

PACKAGE = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).with_suffix(".mjs")
AUDIENCE = "api://gateway"
SCOPE = "Invoices.Read"
CLIENTS = {
    "front-end": {"secret": "front-end-secret-of-this-run", "scope": SCOPE},
    "other": {"secret": "other-secret-of-this-run", "scope": "Something.Else"},
}
QUERY = {"query": "{invoiceSummaries {totalCount}}"}
THREE = {"data": {"invoiceSummaries": {"totalCount": 3}}}


def main() -> int:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("oidc-provider: Node and npm are needed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", PACKAGE]
        (folder / "package.json").write_text('{"private": true}')
        subprocess.run(install, cwd=folder, check=True, timeout=300)
        tls = make_tls(folder)
        issuer = running.enter_context(_provider(node, folder, tls))
        trusting = ssl.create_default_context(cafile=tls.ca)
        provider = running.enter_context(httpx.Client(base_url=issuer, verify=trusting, trust_env=False))
        authority = running.enter_context(serve_in_thread(create_authority(), tls=tls))
        sandbox = running.enter_context(serve_in_thread(create_sandbox()))
        key = Fernet.generate_key().decode()
        _sign_in(folder / "refresh-token", key, authority, trusting)
        gateway = GatewayProcess(
            "serve",
            "--port",
            "0",
            GATEWAY_AUTH="service",
            GATEWAY_OIDC_ISSUER=issuer,
            GATEWAY_AUDIENCE=AUDIENCE,
            GATEWAY_REQUIRED_SCOPE=SCOPE,
            GATEWAY_CA_BUNDLE=str(tls.ca),
            GATEWAY_AUTHORITY=authority,
            GATEWAY_TENANT_ID=PARTNER_TENANT.id,
            GATEWAY_CLIENT_ID=GATEWAY.id,
            GATEWAY_CLIENT_SECRET=str(GATEWAY.secret),
            GATEWAY_REFRESH_TOKEN_FILE=str(folder / "refresh-token"),
            GATEWAY_TOKEN_KEY=key,
            GATEWAY_UPSTREAM_URL=sandbox,
            GATEWAY_LOG_LEVEL="debug",
        )
        try:
            tokens, failures = _check(gateway.url, sandbox, provider)
        finally:
            gateway.stop()
    failures += [f"the log shows the token {name!r}" for name, token in tokens.items() if _is_shown(token, gateway)]
    for failure in failures:
        print(failure)
    if failures:
        print(gateway.output)
        return 1
    print(
        f"{PACKAGE} over TLS, GATEWAY_AUTH=service: its token is answered with 1 upstream call and then from the "
        "cache; refused with none are those without the scope (403), "
        f"no token, and tokens with {', '.join(list(tokens)[2:])} (401); none is in the log at debug level"
    )
    return 0


@contextmanager
def _provider(node: str, folder: Path, tls: Tls) -> Iterator[str]:
    """The issuer of a provider that runs until the block ends."""
    # Node looks for packages beside the script.
    script = shutil.copy(SCRIPT, folder)
    process = subprocess.Popen(
        [node, script, str(tls.certificate), str(tls.key), json.dumps(CLIENTS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        # What it says about its in-memory adapter comes on other channels; the issuer is an address alone.
        issuer = next((line.strip() for line in process.stdout if line.startswith("https://")), None)
        if issuer is None:
            raise RuntimeError(f"the provider did not start:\n{process.stderr.read()}")
        yield issuer
    finally:
        process.kill()
        process.communicate()


def _sign_in(file: Path, key: str, authority: str, trusting: ssl.SSLContext) -> None:
    """Keep a refresh token, as `gateway login` would."""
    issued = httpx.post(
        f"{authority}/_sandbox/refresh_tokens",
        json={"action": "issue", "user": ADA.name},
        verify=trusting,
        trust_env=False,
    ).raise_for_status()
    held = Held(issued.json()["refresh_token"], ADA.username, PARTNER_TENANT.id, LIFETIME_S)
    RefreshTokenStore(file, key).save(held)


def _token(provider: httpx.Client, client: str, resource: str) -> str:
    form = {"grant_type": "client_credentials", "resource": resource, "scope": CLIENTS[client]["scope"]}
    answer = provider.post("/token", data=form, auth=(client, CLIENTS[client]["secret"])).raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def _check(gateway: str, sandbox: str, provider: httpx.Client) -> tuple[dict[str, str], list[str]]:
    """The tokens that were shown, and what was not as it should be."""
    proper = _token(provider, "front-end", AUDIENCE)
    header, claims, signature = proper.split(".")
    tokens = {
        "proper": proper,
        "without the scope": _token(provider, "other", AUDIENCE),
        "another audience": _token(provider, "front-end", "api://another"),
        "changed claims": f"{header}.{_encoded(_decoded(claims) | {'sub': 'somebody-else'})}.{signature}",
        "changed signature": f"{header}.{claims}.{signature[:20]}{_other(signature[20])}{signature[21:]}",
        "no signature": f"{_encoded({'alg': 'none'})}.{claims}.",
        "an unknown key": f"{_encoded(_decoded(header) | {'kid': 'unknown'})}.{claims}.{signature}",
        "another's key": jwt.encode(
            _decoded(claims),
            rsa.generate_private_key(public_exponent=65537, key_size=2048),
            algorithm="RS256",
            headers=_decoded(header),
        ),
    }
    failures = []
    for name, token in [("none", None), *tokens.items()]:
        expected = {"proper": (200, None), "without the scope": (403, "FORBIDDEN")}.get(name, (401, "UNAUTHENTICATED"))
        before = _calls(sandbox)
        # Twice: what was refused once is refused again, and the proper one is answered from the cache.
        for upstream_calls in (1 if name == "proper" else 0, 0):
            answer = httpx.post(
                f"{gateway}/graphql",
                json=QUERY,
                headers={"Authorization": f"Bearer {token}"} if token else {},
                trust_env=False,
            )
            body = answer.json()
            found = answer.status_code, body["errors"][0]["extensions"]["code"] if "errors" in body else None
            calls = _calls(sandbox) - before
            before += calls
            if found != expected or calls != upstream_calls or (name == "proper" and body != THREE):
                failures.append(f"{name}: {found} with {calls} upstream calls instead of {expected}: {body}")
            if (answer.status_code == httpx.codes.UNAUTHORIZED) != (answer.headers.get("WWW-Authenticate") == "Bearer"):
                failures.append(f"{name}: WWW-Authenticate is {answer.headers.get('WWW-Authenticate')}")
    return tokens, failures


def _calls(sandbox: str) -> int:
    count: int = httpx.get(f"{sandbox}/_sandbox/requests", trust_env=False).json()["count"]
    return count


def _is_shown(token: str, gateway: GatewayProcess) -> bool:
    return any(part in gateway.output for part in token.split(".")[1:] if part)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _other(char: str) -> str:
    return "A" if char != "A" else "B"


if __name__ == "__main__":
    sys.exit(main())
