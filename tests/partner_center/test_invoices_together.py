"""Invoices by id that are asked for together: each arrives, fails, is left and is tried again by itself."""

import asyncio
import gc

import pytest

from gateway.errors import (
    ForbiddenError,
    UnauthenticatedError,
    UpstreamBudgetExceededError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.partner_center import breaker
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.gets import Gets
from gateway.partner_center.transport import Transport, build_client
from tests.fakes import operation as an_operation
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio

IDS = ["G1", "G2", "G3", "G4"]


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


def asked_for(exchange: Exchange) -> str:
    return exchange.head.split(b" ")[1].decode().rsplit("/", 1)[1]


def invoice(invoice_id: str) -> bytes:
    return http(b'{"id":"%s","state":"open"}' % invoice_id.encode())


async def answer_each(exchange: Exchange) -> None:
    await exchange.send(invoice(asked_for(exchange)))


def answering(by_id):
    """Answers an id with what stands for it; others with their invoices."""

    async def answer(exchange: Exchange) -> object:
        found = by_id.get(asked_for(exchange), answer_each)
        return await (found(exchange) if callable(found) else exchange.send(found))

    return answer


async def arrived(client, operation, ids=IDS):
    """Places in the order of arrival, each with the id of what came, or its type."""
    said = []
    async for place, answer in client.invoices_by_id(operation, ids).arrivals():
        said.append((place, getattr(answer, "id", None if answer is None else type(answer))))
    return said


async def test_each_arrives_once_at_its_place(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    first, second = await arrived(client, operation), await arrived(client, operation)

    assert sorted(first) == sorted(second) == list(enumerate(IDS))
    assert sorted(server.paths) == sorted(f"/v1/invoices/{each}" for each in IDS * 2)
    assert operation.budget.spent == 8


async def test_who_is_answered_does_not_wait_for_who_is_not(serve, connect, operation):
    last = asyncio.Event()

    async def late(exchange: Exchange) -> None:
        await last.wait()
        await answer_each(exchange)

    client = connect((await serve(answering({"G1": late}))).url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])
    places = []
    async for place, _answer in client.invoices_by_id(operation, IDS).arrivals():
        places.append(place)
        if len(places) == 3:
            last.set()

    assert sorted(places[:3]) == [1, 2, 3]
    assert places[3] == 0


async def test_a_failure_takes_the_place_of_its_own_answer(serve, connect, operation):
    odd = {
        "G1": http(b"{}", 404),
        "G2": http(b"{}", 403),
        "G3": http(b'{"id":"G9"}'),
        "G4": http(b'{"id":5}'),
    }
    client = connect((await serve(answering(odd))).url)
    said = await arrived(client, operation, [*IDS, "G5", "no id"])

    assert sorted(said, key=lambda each: each[0]) == [
        (0, None),
        (1, ForbiddenError),
        (2, UpstreamUnreadableError),
        (3, UpstreamUnreadableError),
        (4, "G5"),
        (5, None),
    ]


async def test_one_that_fails_in_passing_is_tried_again_by_itself(serve, connect, operation):
    failures = [http(b"", 503), invoice("G2")]

    async def fail_once(exchange: Exchange) -> None:
        await exchange.send(failures.pop(0))

    server = await serve(answering({"G2": fail_once}))
    said = await arrived(connect(server.url), operation)

    assert sorted(said) == list(enumerate(IDS))
    assert sorted(server.paths) == sorted(f"/v1/invoices/{each}" for each in [*IDS, "G2"])


async def test_one_whose_body_is_still_coming_is_read_to_its_end(serve, connect, operation):
    async def in_two(exchange: Exchange) -> None:
        await exchange.send(invoice("G2")[:-4])
        await asyncio.sleep(0.05)
        await exchange.send(invoice("G2")[-4:])

    client = connect((await serve(answering({"G2": in_two}))).url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])

    assert sorted(await arrived(client, operation)) == list(enumerate(IDS))


@pytest.mark.parametrize("warm", [["G7", "G8", "G9", "G0"], []], ids=["warm", "cold"])
async def test_one_is_left_and_the_others_arrive(serve, connect, operation, warm):
    closed = asyncio.Event()

    async def never(exchange: Exchange) -> None:
        await exchange.closed()
        closed.set()

    client = connect((await serve(answering({"G2": never}))).url, timeout_s=60, concurrency=8)
    await arrived(client, operation, warm)
    arriving = client.invoices_by_id(operation, IDS)
    said = []

    async def read():
        async for place, _answer in arriving.arrivals():
            said.append(place)

    reading = asyncio.create_task(read())
    async with asyncio.timeout(5):
        while len(said) < 3:
            await asyncio.sleep(0.01)
        arriving.leave(1)
        arriving.leave(1)
        await reading
        await closed.wait()

    assert sorted(said) == [0, 2, 3]
    assert client.calls.running == 0


async def test_what_has_come_for_one_that_was_left_does_not_arrive(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])
    arriving = client.invoices_by_id(operation, IDS)
    arrivals = arriving.arrivals()
    first, _answer = await anext(arrivals)
    await asyncio.sleep(0.1)
    *left, last = set(range(4)) - {first}
    for place in left:
        arriving.leave(place)

    assert [place async for place, _answer in arrivals] == [last]
    assert len(server.paths) == 8


@pytest.mark.parametrize("warm", [["G7", "G8", "G9", "G0"], []], ids=["warm", "cold"])
async def test_whoever_ends_before_the_end_leaves_all(serve, connect, operation, warm):
    ended = []

    async def never(exchange: Exchange) -> None:
        await exchange.closed()
        ended.append(asked_for(exchange))

    client = connect((await serve(answering(dict.fromkeys(IDS, never)))).url, timeout_s=60)
    await arrived(client, operation, warm)
    arrivals = client.invoices_by_id(operation, IDS).arrivals()
    waiting = asyncio.create_task(anext(arrivals))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.wait((waiting,))
    await arrivals.aclose()
    async with asyncio.timeout(5):
        while sorted(ended) != IDS:
            await asyncio.sleep(0.01)

    assert waiting.cancelled()
    assert (client.calls.running, client.calls.waiting) == (0, 0)


async def test_one_that_waits_for_its_turn_is_left(serve, connect, operation):
    async def never(exchange: Exchange) -> None:
        await exchange.closed()

    server = await serve(never)
    client = connect(server.url, timeout_s=60, concurrency=1)
    arriving = client.invoices_by_id(operation, IDS)
    arrivals = arriving.arrivals()
    waiting = asyncio.create_task(anext(arrivals))
    await asyncio.sleep(0.1)
    before = (client.calls.running, client.calls.waiting)
    arriving.leave(2)
    after = (client.calls.running, client.calls.waiting)
    waiting.cancel()
    await asyncio.wait((waiting,))

    assert (before, after) == ((1, 3), (1, 2))
    assert (client.calls.running, client.calls.waiting) == (0, 0)
    assert len(server.paths) == 1


async def test_what_the_budget_does_not_hold_is_not_asked(serve, connect):
    server = await serve(answer_each)
    operation = an_operation(calls=3)
    said = await arrived(connect(server.url), operation)

    assert sorted(said, key=lambda each: each[0]) == [*enumerate(IDS[:3]), (3, UpstreamBudgetExceededError)]
    assert len(server.paths) == 3


async def test_more_than_have_their_turns_wait_for_them(serve, connect, operation):
    server = await serve(answer_each)
    ids = [f"G{number}" for number in range(40)]

    assert sorted(await arrived(connect(server.url, concurrency=2), operation, ids)) == list(enumerate(ids))
    assert len({exchange.connection for exchange in server.exchanges}) <= 2


class Renewed(Credentials):
    """Gives one token, and another after it was refused; or none at all."""

    def __init__(self, error=None, first="refused"):
        self.error = error
        self.first = first
        self.asked = 0

    async def token(self, _caller):
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.first

    async def token_after(self, _caller, _refused):
        return "taken"


async def test_a_refused_token_is_renewed_for_each(serve, operation):
    async def take_one_token(exchange: Exchange) -> None:
        is_taken = exchange.headers["authorization"] == "Bearer taken"
        await exchange.send(invoice(asked_for(exchange)) if is_taken else http(b"{}", 401))

    server = await serve(take_one_token)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        credentials = Renewed()
        said = await arrived(PartnerCenter(client, credentials, timeout_s=5, concurrency=8), operation)

    assert sorted(said) == list(enumerate(IDS))
    assert len(server.paths) == 8
    assert operation.budget.spent == 8
    assert credentials.asked == 1


async def test_without_a_token_none_is_asked(serve, operation):
    server = await serve(answer_each)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        refused = Renewed(UnauthenticatedError("no"))
        said = await arrived(PartnerCenter(client, refused, timeout_s=5, concurrency=8), operation)

    assert said == [(place, UnauthenticatedError) for place in range(4)]
    assert server.paths == []
    assert operation.budget.spent == 0


async def test_a_token_that_would_be_two_headers_goes_nowhere(serve, operation):
    server = await serve(answer_each)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        unsound = Renewed(first="a\r\nX: b")
        said = await arrived(PartnerCenter(client, unsound, timeout_s=5, concurrency=8), operation)

    assert sorted(said) == [(place, UpstreamUnreadableError) for place in range(4)]
    assert server.paths == []


async def test_a_lane_that_is_shut_lets_one_through_to_find_out_and_no_token_is_fetched_before(
    serve, operation, monkeypatch
):
    monkeypatch.setattr(breaker, "PROBE_EVERY_S", 0.5)
    is_well = False

    async def fail_at_first(exchange: Exchange) -> None:
        await exchange.send(invoice(asked_for(exchange)) if is_well else http(b"", 500))

    server = await serve(fail_at_first)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as http_client:
        credentials = Renewed()
        client = PartnerCenter(http_client, credentials, timeout_s=5, concurrency=8)
        await arrived(client, operation, [f"G{number}" for number in range(10)])
        failed = len(server.paths)
        asked = credentials.asked
        shut = await arrived(client, operation)
        asked_while_shut = credentials.asked - asked
        is_well = True
        await asyncio.sleep(0.55)
        again = await arrived(client, operation)

    assert shut == [(place, UpstreamUnavailableError) for place in range(4)]
    assert asked_while_shut == 0
    assert "G1" in [said for _place, said in again]
    assert len(server.paths) > failed


async def test_no_token_is_kept_when_the_requests_have_gone_out(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    await arrived(client, operation)
    await client.invoice(operation, "G1")

    token = operation.caller.token
    assert all(exchange.headers["authorization"] == f"Bearer {token}" for exchange in server.exchanges)
    (made_by,) = [each for each in gc.get_objects() if type(each) is Gets and each.calls is client.calls]
    assert token not in repr(vars(made_by))
