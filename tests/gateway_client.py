"""A client of the gateway, as a front end would write it."""

from typing import Any

import httpx


class GatewayClient:
    """Asks a gateway.

    Args:
        http: speaks to it.
        token: bearer token of every request; None sends none.
    """

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self.http = http
        self.token = token

    async def post(
        self, document: str, *, token: str | None = None, headers: dict[str, str] | None = None, **parameters: Any
    ) -> httpx.Response:
        """The HTTP response to a document; `variables` and `operationName` by name."""
        bearer = token or self.token
        return await self.http.post(
            "/graphql",
            json={"query": document} | parameters,
            headers={"Authorization": f"Bearer {bearer}"} | (headers or {}) if bearer else headers,
        )

    async def ask(self, document: str, *, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        response = await self.post(document, token=token, variables=variables)
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def errors(self, document: str, *, token: str | None = None, **variables: Any) -> list[tuple[Any, str]]:
        """The errors of an answer, each as (path or None, code)."""
        response = await self.post(document, token=token, variables=variables)
        return [(error.get("path"), error["extensions"]["code"]) for error in response.json()["errors"]]
