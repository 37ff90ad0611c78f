"""What only a real connection shows: cut bodies, hangs, dripping, under both parsers of uvicorn."""

import time

import anyio
import httpx
import pytest
from sandbox_calls import get, put, served

from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"


@pytest.fixture(scope="module", params=["h11", "httptools"])
def url(request):
    with served(create_sandbox(), request.param) as url:
        yield url


@pytest.fixture
async def client(url):
    headers = {"Authorization": f"Bearer {FIRST_PARTNER_TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
        for name in ("faults", "quirks", "requests"):
            await client.delete(f"/_sandbox/{name}")
        yield client


async def read_until_cut(client) -> tuple[int, bytes]:
    """The length told and the bytes that came before the connection was closed."""
    received = b""
    async with client.stream("GET", SUMMARIES) as response:
        try:
            async for piece in response.aiter_raw():
                received += piece
        except httpx.RemoteProtocolError as error:
            reason = str(error)
        else:
            pytest.fail("The body was not cut")
    assert reason.startswith("peer closed connection without sending complete message body")
    return int(response.headers["content-length"]), received


async def test_answers_come_whole_without_a_rule(client):
    body = await get(client, "/summaries")

    assert [item["balanceAmount"] for item in body["items"]] == [751094.39, 1230.33, 1001.12]


@pytest.mark.parametrize("cut", [0, 1, 100])
async def test_a_cut_body_ends_early_and_the_next_answer_is_whole(client, cut):
    whole = (await client.get(SUMMARIES)).content
    await put(client, "faults", [{"cut": cut, "times": 1}])
    told, received = await read_until_cut(client)

    assert (told, received) == (len(whole), whole[:cut])
    assert (await client.get(SUMMARIES)).status_code == 200


async def test_an_error_may_be_cut_too(client):
    await put(client, "faults", [{"status": 500, "cut": 10}])
    told, received = await read_until_cut(client)

    assert (told > 10, received) == (True, b'{"code":"8')


async def test_a_hang_lasts_until_the_client_leaves(client):
    await put(client, "faults", [{"hang": True, "times": 1}])
    with pytest.raises(httpx.ReadTimeout):
        await client.get(SUMMARIES, timeout=0.3)
    await idle(client)

    assert (await client.get(SUMMARIES)).status_code == 200


@pytest.mark.wall_clock
async def test_a_dripping_body_comes_slowly_and_whole(client):
    whole = (await client.get("/v1/invoices/G000100002")).content
    await put(client, "faults", [{"drip_bytes_per_s": len(whole) * 2}])
    began = time.monotonic()
    response = await client.get("/v1/invoices/G000100002")

    assert response.content == whole
    assert 0.4 <= time.monotonic() - began < 4


async def test_a_dripping_body_may_be_cut(client):
    await put(client, "faults", [{"drip_bytes_per_s": 200, "cut": 30}])

    assert (await read_until_cut(client))[1][:13] == b'{"totalCount"'


async def test_dripping_stops_when_the_client_leaves(client):
    await put(client, "faults", [{"drip_bytes_per_s": 1, "times": 1}])
    with anyio.move_on_after(0.3):
        await client.get(SUMMARIES)

    await idle(client)


async def idle(client) -> None:
    """Returns once no request is in flight."""
    with anyio.fail_after(5):
        # The server has no event to await.
        while (await client.get("/_sandbox/requests")).json()["inFlight"]:  # Said above.
            await anyio.sleep(0.01)
