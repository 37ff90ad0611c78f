"""The short way of the client says what httpx's long one says, and limits time as asyncio does."""

import asyncio

import httpx
import pytest

from gateway.partner_center.time_limit import TimeLimit
from gateway.partner_center.transport import build_client

pytestmark = pytest.mark.anyio

URLS = ["http://127.0.0.1:8100", "https://api.example", "https://api.example:8443/behind/a proxy/", "http://[::1]:81"]
PARAMS = [None, {"size": "500", "offset": "0"}, {"filter": '{"Field":"Invoice Date","Value":"é+&=%"}', "size": ""}]


def client_of(url, answer=lambda _request: httpx.Response(200)):
    return build_client(url, timeout_s=7, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("params", PARAMS, ids=["none", "page", "odd"])
def test_a_request_is_the_one_that_httpx_would_build(url, params):
    client = client_of(url)
    headers = {"Authorization": "Bearer secret", "MS-RequestId": "1"}
    raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
    usual = client.build_request("GET", "/v1/invoices", params=params, headers=headers)
    direct = client.get_request("/v1/invoices", raw_headers, params)

    assert direct.method == usual.method
    assert direct.url == usual.url
    assert direct.target == usual.url.raw_path
    assert sorted(direct.headers.raw) == sorted(usual.headers.raw)
    assert direct.extensions == usual.extensions
    assert "secret" not in repr(direct)


async def test_what_is_sent_reaches_the_transport_as_it_is():
    sent = []
    client = client_of("http://127.0.0.1:8100", lambda request: sent.append(request) or httpx.Response(302))
    request = client.get_request("/v1/invoices", [])
    response = await client.exchange(request)
    await client.aclose()

    assert sent == [request]
    assert response.status_code == 302
    with pytest.raises(RuntimeError, match="closed"):
        await client.exchange(request)


async def test_a_client_whose_block_is_over_sends_nothing():
    sent = []
    client = client_of("http://127.0.0.1:8100", lambda request: sent.append(request) or httpx.Response(200))
    async with client:
        await client.exchange(client.get_request("/v1/invoices", []))

    with pytest.raises(RuntimeError, match="closed"):
        await client.exchange(client.get_request("/v1/invoices", []))
    assert len(sent) == 1


async def test_a_time_limit_ends_what_takes_longer():
    with pytest.raises(TimeoutError), TimeLimit(0.01):
        await asyncio.sleep(5)
    with pytest.raises(TimeoutError), TimeLimit(-1):
        await asyncio.sleep(5)
    with TimeLimit(0.02):
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)


async def test_who_is_cancelled_is_not_told_of_a_time_out():
    async def wait() -> None:
        with TimeLimit(0.02):
            await asyncio.sleep(5)

    early = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    early.cancel()
    await asyncio.wait((early,))

    assert early.cancelled()


async def test_who_is_cancelled_in_the_moment_of_a_time_out_is_cancelled():
    async def wait() -> None:
        with TimeLimit(0.02):
            asyncio.get_running_loop().call_later(0.02, asyncio.current_task().cancel)
            await asyncio.sleep(5)

    both = asyncio.create_task(wait())
    await asyncio.wait((both,))

    assert both.cancelled()


async def test_an_error_of_its_own_goes_through_a_time_limit():
    with pytest.raises(ValueError, match="own"), TimeLimit(5):
        raise ValueError("own")
