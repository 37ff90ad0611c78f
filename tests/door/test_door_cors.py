"""CORS: off unless origins are listed; then those pages may read answers, with a token that they send themselves."""

import pytest

pytestmark = pytest.mark.anyio

LISTED = "https://app.example"
OTHER = "https://other.example"
ELSEWHERE = "https://elsewhere.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
async def http(start_gateway):
    return (await start_gateway(None)).http


@pytest.fixture
async def listing(start_gateway):
    return (await start_gateway(None, cors_origins=f"{LISTED},{OTHER}/")).http


def cors_headers(response):
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def assert_guarded(response):
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in response.headers


@pytest.mark.parametrize("origin", [LISTED, "http://gateway", "null"])
async def test_without_listed_origins_there_is_no_preflight(http, origin):
    response = await http.options("/graphql", headers=ASKS | {"Origin": origin})

    assert response.status_code == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == {"GET", "HEAD", "POST"}
    assert cors_headers(response) == {}
    assert_guarded(response)


@pytest.mark.parametrize("how", ["GET", "POST"])
async def test_without_listed_origins_no_answer_says_who_may_read_it(http, ask, how):
    assert cors_headers(await ask(http, how, {"Origin": "http://gateway"})) == {}
    assert cors_headers(await ask(http, how, {"Origin": ELSEWHERE})) == {}


@pytest.mark.parametrize("origin", [LISTED, OTHER])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_listed_origins_preflight_is_granted(listing, sandbox, origin, method):
    response = await listing.options(
        "/graphql", headers=ASKS | {"Origin": origin, "Access-Control-Request-Method": method}
    )
    granted = cors_headers(response)
    names = {name.strip().lower() for name in granted.pop("access-control-allow-headers").split(",")}

    assert response.status_code == 200
    assert granted == {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-max-age": "600",
    }
    assert {"authorization", "content-type", "ms-correlationid", "x-correlation-id"} <= names
    assert "Origin" in response.headers["Vary"]
    assert_guarded(response)
    assert sandbox.calls() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": f"{LISTED}:8443"},
        {"Origin": LISTED, "Access-Control-Request-Method": "DELETE"},
        {"Origin": LISTED, "Access-Control-Request-Headers": "x-anything"},
    ],
)
async def test_any_other_preflight_is_refused(listing, sandbox, headers):
    response = await listing.options("/graphql", headers=ASKS | headers)

    assert response.status_code == 400
    if headers["Origin"] != LISTED:
        assert "Access-Control-Allow-Origin" not in response.headers
    assert_guarded(response)
    assert sandbox.calls() == []


@pytest.mark.parametrize("how", ["GET", "POST"])
async def test_a_listed_page_may_read_its_answer(listing, ask, how):
    response = await ask(listing, how, {"Origin": LISTED, "Sec-Fetch-Site": "cross-site"})

    assert response.json() == {"data": {"invoiceSummaries": {"totalCount": 3}}}
    assert cors_headers(response) == {
        "access-control-allow-origin": LISTED,
        "access-control-expose-headers": "MS-CorrelationId, Retry-After, WWW-Authenticate",
    }
    assert {name.strip() for name in response.headers["Vary"].split(",")} == {"Accept", "Origin"}
    assert_guarded(response)


async def test_a_listed_page_may_read_why_it_was_refused(listing):
    response = await listing.post("/graphql", json={"query": "{__typename}"}, headers={"Origin": LISTED})

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert response.headers["Access-Control-Allow-Origin"] == LISTED


@pytest.mark.parametrize("how", ["GET", "POST"])
async def test_no_other_page_may_read_anything(listing, ask, how):
    response = await ask(listing, how, {"Origin": ELSEWHERE})

    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_browsers_own_credentials_are_never_allowed(listing, ask):
    preflight = await listing.options("/graphql", headers=ASKS | {"Origin": LISTED})
    answer = await ask(listing, "POST", {"Origin": LISTED, "Cookie": "session=1"})

    for response in (preflight, answer):
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Access-Control-Allow-Origin"] == LISTED
        assert "Set-Cookie" not in response.headers
