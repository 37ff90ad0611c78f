"""Requests that a page of elsewhere makes a browser send are refused before anything runs."""

import itertools

import pytest

from tests.web.error_shape import assert_refused

pytestmark = pytest.mark.anyio

HERE = "https://gateway.example"
LISTED = "https://app.example"
ELSEWHERE = "https://elsewhere.example"
OF_ORIGIN = "Pages of this origin may not ask here."
OF_SITE = "Pages of other sites may not ask here."
# What the CORS middleware adds to every answer to a page, whether or not the page may read it.
LISTING = {
    "vary": "Accept, Origin",
    "access_control_expose_headers": "MS-CorrelationId, Retry-After, WWW-Authenticate",
}
COUNTED = {"data": {"invoiceSummaries": {"totalCount": 3}}}


@pytest.fixture
async def http(start_gateway):
    return (await start_gateway(None)).http


@pytest.fixture
async def listing(start_gateway):
    """A gateway with two listed origins, one of them written as a person might."""
    return (await start_gateway(None, cors_origins=f"{LISTED}, HTTPS://Other.Example:443/")).http


def assert_answered(response, sandbox, calls=1):
    assert (response.status_code, response.json()) == (200, COUNTED)
    assert len(sandbox.calls()) == calls


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Origin": ELSEWHERE}, OF_ORIGIN),
        ({"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}, OF_ORIGIN),
        ({"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-origin"}, OF_ORIGIN),
        ({"Origin": ELSEWHERE, "Sec-Fetch-Site": "none"}, OF_ORIGIN),
        ({"Origin": "null"}, OF_ORIGIN),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, OF_ORIGIN),
        ({"Origin": ""}, OF_ORIGIN),
        ({"Origin": "gateway.example"}, OF_ORIGIN),
        ({"Origin": "//gateway.example"}, OF_ORIGIN),
        ({"Origin": "https://["}, OF_ORIGIN),
        ({"Origin": "file://"}, OF_ORIGIN),
        ({"Origin": "chrome-extension://abcdefghijklmnop", "Sec-Fetch-Site": "none"}, OF_ORIGIN),
        # Another port, and names that only look like ours.
        ({"Origin": f"{HERE}:8443"}, OF_ORIGIN),
        ({"Origin": "http://gateway.example:443"}, OF_ORIGIN),
        ({"Origin": f"{HERE}.elsewhere.example"}, OF_ORIGIN),
        ({"Origin": f"{HERE}@elsewhere.example"}, OF_ORIGIN),
        ({"Origin": "https://elsewhere.example@gateway.example"}, OF_ORIGIN),
        ({"Origin": "https://sub.gateway.example"}, OF_ORIGIN),
        ({"Origin": "https://xgateway.example"}, OF_ORIGIN),
        ({"Origin": "https://gateway.example."}, OF_ORIGIN),
        ({"Origin": f"{HERE}/graphql"}, OF_ORIGIN),
        ({"Origin": f"{HERE} {ELSEWHERE}"}, OF_ORIGIN),
        # Without an Origin: what an image, a frame, a link or a script of another page asks for.
        ({"Sec-Fetch-Site": "cross-site"}, OF_SITE),
        ({"Sec-Fetch-Site": "same-site"}, OF_SITE),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}, OF_SITE),
        ({"Sec-Fetch-Site": "something new"}, OF_SITE),
        # Our host on plain http, where anybody may write the page: to the browser it is another site.
        ({"Origin": "http://gateway.example", "Sec-Fetch-Site": "cross-site"}, OF_SITE),
        ({"Origin": HERE, "Sec-Fetch-Site": "same-site"}, OF_SITE),
    ],
)
async def test_a_page_of_elsewhere_is_refused(http, sandbox, ask, *, how, headers, message):
    response = await ask(http, how, {"Host": "gateway.example"} | headers)

    assert_refused(response, 403, message, code="FORBIDDEN")
    assert sandbox.calls() == []


@pytest.mark.parametrize("origin", [LISTED + ":8443", "http://app.example", "https://sub.app.example", "null", "*"])
@pytest.mark.parametrize("how", ["GET", "POST"])
async def test_an_origin_that_is_almost_listed_is_refused(listing, sandbox, ask, how, origin):
    response = await ask(listing, how, {"Origin": origin})

    assert_refused(response, 403, OF_ORIGIN, code="FORBIDDEN", **LISTING)
    assert sandbox.calls() == []


@pytest.mark.parametrize("listed", ["*", "null", "app.example", "https://[", "*.app.example"])
@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "*", LISTED])
async def test_what_is_no_origin_lets_nobody_in(start_gateway, sandbox, ask, listed, origin):
    http = (await start_gateway(None, cors_origins=listed)).http
    response = await ask(http, "POST", {"Origin": origin})

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert sandbox.calls() == []


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("gateway.example", HERE),
        ("gateway.example", "http://gateway.example"),
        ("gateway.example:8443", f"{HERE}:8443"),
        ("Gateway.Example", HERE),
        ("gateway.example", "HTTPS://GATEWAY.EXAMPLE"),
        # A proxy that writes the port out.
        ("gateway.example:443", HERE),
        ("gateway.example:80", "http://gateway.example"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[::1]", "http://[::1]"),
    ],
)
@pytest.mark.parametrize("site", [None, "same-origin"])
async def test_our_own_page_may_ask(http, sandbox, ask, *, how, host, origin, site):
    headers = {"Host": host, "Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})

    assert_answered(await ask(http, how, headers), sandbox)


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_without_an_origin_the_browsers_word_counts(http, sandbox, ask, how, site):
    assert_answered(await ask(http, how, {"Sec-Fetch-Site": site}), sandbox)


@pytest.mark.parametrize("how", ["GET", "POST"])
async def test_clients_that_are_no_browsers_say_nothing_and_may(http, sandbox, ask, how):
    assert_answered(await ask(http, how), sandbox)


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize("site", [None, "cross-site", "same-site", "same-origin"])
@pytest.mark.parametrize("origin", [LISTED, "HTTPS://APP.example", f"{LISTED}:443", "https://other.example"])
async def test_a_listed_origin_may_ask_from_wherever_it_is(listing, sandbox, ask, *, how, site, origin):
    headers = {"Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})

    assert_answered(await ask(listing, how, headers), sandbox)


async def test_listing_origins_opens_nothing_to_pages_that_hide_theirs(listing, sandbox, ask):
    response = await ask(listing, "GET", {"Sec-Fetch-Site": "cross-site"})

    assert (response.status_code, response.json()["errors"][0]["message"]) == (403, OF_SITE)
    assert sandbox.calls() == []


async def test_a_null_origin_is_not_the_same_as_no_host(http):
    """HTTP/1.0 needs no Host; an origin without a host must not be taken for it."""
    request = http.build_request(
        "GET", "/graphql", params={"query": "{__typename}"}, headers={"Origin": "null", "Authorization": "Bearer x"}
    )
    del request.headers["Host"]
    response = await http.send(request)

    assert_refused(response, 403, OF_ORIGIN, code="FORBIDDEN")


# What a form, a beacon or a `fetch` without preflight can send (Fetch, "CORS-safelisted request-header").
SIMPLE = ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data", ""]


@pytest.mark.parametrize(
    ("content_type", "headers"),
    list(itertools.product(SIMPLE, [{}, {"Origin": "http://gateway", "Sec-Fetch-Site": "same-origin"}])),
)
async def test_a_post_of_a_simple_content_type_is_refused_whoever_sends_it(http, sandbox, ask, content_type, headers):
    response = await ask(http, content_type, headers)

    assert_refused(response, 415, "Send Content-Type: application/json.")
    assert sandbox.calls() == []


@pytest.mark.parametrize("content_type", SIMPLE)
async def test_from_elsewhere_it_is_refused_for_that(http, sandbox, ask, content_type):
    response = await ask(http, content_type, {"Origin": ELSEWHERE})

    assert_refused(response, 403, OF_ORIGIN, code="FORBIDDEN")
    assert sandbox.calls() == []


async def test_a_refusal_comes_before_the_token_is_looked_at(http):
    response = await http.get("/graphql", params={"query": "{__typename}"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_is_told_to_everybody(http, path):
    response = await http.get(path, headers={"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
