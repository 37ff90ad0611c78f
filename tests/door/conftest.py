"""Browsers at the door of a gateway, and clients that are none."""

import pytest

DOCUMENT = "{invoiceSummaries {totalCount}}"
TOKEN = {"Authorization": "Bearer sandbox-partner-1"}


@pytest.fixture
def ask():
    """Sends the query of one upstream call, by GET, by POST, or as a simple content type; headers are the test's."""

    async def send(http, how, headers=None):
        sent = TOKEN | (headers or {})
        if how == "GET":
            return await http.get("/graphql", params={"query": DOCUMENT}, headers=sent)
        if how == "POST":
            return await http.post("/graphql", json={"query": DOCUMENT}, headers=sent)
        return await http.post(
            "/graphql", content=f'{{"query": "{DOCUMENT}"}}', headers=sent | ({"Content-Type": how} if how else {})
        )

    return send
