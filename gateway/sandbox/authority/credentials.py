"""What apps prove themselves with besides secrets: certificates, and tokens of other issuers (federation)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.registry import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.sandbox.authority.keys import SigningKeys

# What a cluster's service account token says (docs workload-identity-federation).
FEDERATED_ISSUER: Final = "https://cluster.example/"
FEDERATED_SUBJECT: Final = "system:serviceaccount:gateway:gateway"
FEDERATED_AUDIENCE: Final = "api://AzureADTokenExchange"

_ALGORITHMS: Final = ("RS256", "PS256", "ES256")


@dataclass(frozen=True, slots=True)
class Federation:
    """An app's trust in another issuer's tokens.

    Attributes:
        public_key: The issuer's, as PEM; None where the authority's own keys sign for it.
    """

    app_id: str
    issuer: str
    subject: str
    audience: str = FEDERATED_AUDIENCE
    public_key: str | None = None


class Credentials:
    """Certificates and federations of apps; the gateway has one federation from the start."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._certificates: list[tuple[str, x509.Certificate]] = []
        self._federations = [Federation(GATEWAY.id, FEDERATED_ISSUER, FEDERATED_SUBJECT)]

    def add_certificate(self, app_id: str, pem: str) -> str:
        """Returns its SHA-256 thumbprint, in hexadecimal.

        Raises:
            ValueError: It is not a certificate.
        """
        certificate = x509.load_pem_x509_certificate(pem.encode())
        self._certificates.append((app_id, certificate))
        return certificate.fingerprint(hashes.SHA256()).hex()

    def add_federation(self, federation: Federation) -> None:
        """Adds it.

        Raises:
            ValueError: Its key is not one.
        """
        if federation.public_key is not None:
            load_pem_public_key(federation.public_key.encode())
        self._federations.append(federation)

    def check(self, assertion: str, app_id: str, audiences: Sequence[str]) -> None:
        """Whether an assertion proves the app.

        Args:
            assertion: The JWT sent as `client_assertion`.
            app_id: Whom it is to prove.
            audiences: What a JWT that the app signed itself may name.

        Raises:
            EntraError: It does not.
        """
        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
            if claims.get("iss") == app_id:
                self._check_signed_by_app(assertion, header, app_id, audiences)
            else:
                self._check_federated(assertion, claims, app_id)
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise EntraError(700024) from None
        except jwt.InvalidAudienceError:
            raise EntraError(700023) from None
        except jwt.PyJWTError as error:
            raise EntraError(700027, f"Client assertion failed signature validation: {error}.") from None

    def _check_signed_by_app(
        self, assertion: str, header: dict[str, Any], app_id: str, audiences: Sequence[str]
    ) -> None:
        named = {str(header.get(name, "")).rstrip("=") for name in ("x5t#S256", "x5t")}
        for owner, certificate in self._certificates:
            if owner == app_id and named & _thumbprints(certificate):
                jwt.decode(
                    assertion,
                    certificate.public_key(),  # type: ignore[arg-type]  # Others than RSA and EC are refused by it.
                    algorithms=_ALGORITHMS,
                    audience=list(audiences),
                    subject=app_id,
                    options={"require": ["exp", "sub"]},
                )
                return
        raise EntraError(700027, "The certificate used to sign the client assertion is not registered.")

    def _check_federated(self, assertion: str, claims: dict[str, Any], app_id: str) -> None:
        remaining = [federation for federation in self._federations if federation.app_id == app_id]
        for claim, attribute, code in (
            ("iss", "issuer", 700211),
            ("sub", "subject", 700213),
            ("aud", "audience", 700212),
        ):
            remaining = [federation for federation in remaining if getattr(federation, attribute) == claims.get(claim)]
            if not remaining:
                raise EntraError(code)
        federation = remaining[-1]
        if federation.public_key is None:
            self._keys.verify(assertion, [federation.audience], [federation.issuer])
        else:
            options: Any = {"require": ["exp"]}
            jwt.decode(
                assertion,
                federation.public_key,
                algorithms=_ALGORITHMS,
                audience=federation.audience,
                options=options,
            )


def _thumbprints(certificate: x509.Certificate) -> set[str]:
    # msal sends SHA-256, and SHA-1 where it was given a thumbprint.
    algorithms = (hashes.SHA256(), hashes.SHA1())  # noqa: S303  # A name for the certificate, not a proof.
    return {base64.urlsafe_b64encode(certificate.fingerprint(each)).decode().rstrip("=") for each in algorithms}
