"""A served authority from a test's side: its endpoints, its control endpoint, and msal in front of it."""

from typing import Any

import jwt
import msal
import requests

from gateway.sandbox.authority import GATEWAY, PARTNER_TENANT

PARTNER = PARTNER_TENANT.id


class AuthorityClient:
    """Speaks to an authority over TLS.

    Attributes:
        url: its address.
        http: trusts the authority's certificate, and only that.
    """

    def __init__(self, url: str, http: requests.Session) -> None:
        self.url = url
        self.http = http

    def get(self, path: str, **params: str) -> requests.Response:
        return self.http.get(f"{self.url}{path}", params=params, timeout=10)

    def token(self, tenant: str = PARTNER, *, auth: Any = None, **form: str) -> requests.Response:
        """What the token endpoint answers."""
        return self.http.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=form, auth=auth, timeout=10)

    def refusal(self, tenant: str = PARTNER, *, auth: Any = None, **form: str) -> tuple[int, str, int]:
        """Status, error and AADSTS code of the token endpoint's refusal."""
        response = self.token(tenant, auth=auth, **form)
        body = response.json()
        return response.status_code, body["error"], body["error_codes"][0]

    def control(self, method: str, name: str, value: Any = None) -> Any:
        response = self.http.request(method, f"{self.url}/_sandbox/{name}", json=value, timeout=10)
        assert response.status_code in {200, 204}, response.text
        return response.json() if response.content else None

    def mint(self, **wanted: Any) -> str:
        return self.control("POST", "tokens", wanted)["access_token"]

    def requests(self) -> list[dict[str, Any]]:
        return self.control("GET", "requests")["requests"]

    def grants(self) -> list[str]:
        """Of the requests to the token endpoint, in order."""
        return [request["grant"] for request in self.requests() if request["grant"]]

    def confidential(self, app: Any = GATEWAY, credential: Any = None, tenant: str = PARTNER) -> Any:
        return msal.ConfidentialClientApplication(
            app.id,
            credential or app.secret,
            authority=f"{self.url}/{tenant}",
            instance_discovery=False,
            http_client=self.http,
        )

    def public(self, app: Any, tenant: str = PARTNER) -> Any:
        return msal.PublicClientApplication(
            app.id, authority=f"{self.url}/{tenant}", instance_discovery=False, http_client=self.http
        )

    def verified(self, token: str, audience: str, version: int = 2, tenant: str = PARTNER) -> dict[str, Any]:
        """The claims of a token, checked as an API does: by discovery, its keys, issuer and audience."""
        folder = "v2.0/" if version == 2 else ""
        document = self.get(f"/{tenant}/{folder}.well-known/openid-configuration").json()
        keys = jwt.PyJWKSet.from_dict(self.http.get(document["jwks_uri"], timeout=10).json())
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["typ"]) == ("RS256", "JWT")
        return jwt.decode(
            token, keys[header["kid"]], algorithms=["RS256"], audience=audience, issuer=document["issuer"]
        )
