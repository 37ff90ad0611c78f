"""What a throttled tenant costs upstream and others, over real sockets; the lane's own rules are in its own tests."""

import asyncio

import pytest
import stamina

from gateway.caller import Caller, Scope
from gateway.errors import GatewayError, RateLimitedError, UnauthenticatedError, UpstreamTimeoutError
from gateway.operation import Budget, Deadline, Operation
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.transport import Transport, build_client
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

BODY = b'{"totalCount":0,"items":[]}'


def an_operation(tenant, *, deadline_s=30.0) -> Operation:
    caller = Caller(Scope("public", tenant, "user-1"), f"token-of-{tenant}")
    return Operation(caller, "00000000-0000-0000-0000-000000000001", Deadline.after(deadline_s), Budget(120))


async def extensions(call) -> dict[str, object]:
    with pytest.raises(GatewayError) as raised:
        await call
    return raised.value.extensions


async def throttle_one(exchange: Exchange) -> None:
    is_throttled = exchange.headers["authorization"] == "Bearer token-of-throttled"
    await exchange.send(http(b"", 429, "Retry-After: 30") if is_throttled else http(BODY))


async def test_a_throttled_tenant_makes_one_call_and_pays_for_one_and_others_go_on(serve, connect):
    server = await serve(throttle_one)
    client = connect(server.url)
    throttled = an_operation("throttled")
    told = [await extensions(client.invoice_summaries(throttled))]
    told += [await extensions(client.invoice(throttled, f"G{number}")) for number in range(30)]
    await client.invoice_summaries(an_operation("other"))

    assert {each["code"] for each in told} == {"RATE_LIMITED"}
    assert told[0]["retryAfter"] == 30
    assert all(20 < each["retryAfter"] <= 30 for each in told)
    assert server.paths == ["/v1/invoices/summaries"] * 2
    assert throttled.budget.spent == 1


async def test_calls_that_wait_for_their_turn_when_the_tenant_is_throttled_are_not_made(serve, connect):
    server = await serve(throttle_one)
    client = connect(server.url, concurrency=2)
    operation = an_operation("throttled")
    outcomes = await asyncio.gather(
        *(client.invoice(operation, f"G{number}") for number in range(20)), return_exceptions=True
    )

    assert {type(outcome) for outcome in outcomes} == {RateLimitedError}
    assert len(server.exchanges) <= 2


async def test_one_call_asks_again_when_the_pause_is_over_and_those_who_come_meanwhile_follow_it(serve, connect):
    async def throttle_first(exchange: Exchange) -> None:
        if exchange.number == 1:
            await exchange.send(http(b"", 429, "Retry-After: 1"))
            return
        if exchange.number == 2:
            in_flight_at_probe.append(len(server.exchanges))
            await asyncio.sleep(0.1)
            in_flight_at_probe.append(len(server.exchanges))
        await exchange.send(http(BODY))

    in_flight_at_probe: list[int] = []
    server = await serve(throttle_first)
    client = connect(server.url)
    operation = an_operation("throttled")
    await extensions(client.invoice_summaries(operation))
    await asyncio.sleep(1.02)
    await asyncio.gather(*(client.invoice_summaries(operation) for _ in range(8)))

    assert in_flight_at_probe == [2, 2]
    assert len(server.exchanges) == 9


async def test_a_second_try_is_not_made_in_a_lane_that_shut_meanwhile_and_the_first_tries_error_is_told(
    serve, connect, operation
):
    async def fail_by_id(exchange: Exchange) -> None:
        if b"summaries" in exchange.head:
            await exchange.send(http(b"", 429, "Retry-After: 30"))
        else:
            await asyncio.sleep(0.05)
            await exchange.send(http(b"", 502))

    server = await serve(fail_by_id)
    client = connect(server.url)
    outcomes = await asyncio.gather(
        client.invoice(operation, "G1"), client.invoice_summaries(operation), return_exceptions=True
    )

    assert [outcome.extensions for outcome in outcomes] == [
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 502},
        {"code": "RATE_LIMITED", "retryAfter": 30},
    ]
    assert sorted(server.paths) == ["/v1/invoices/G1", "/v1/invoices/summaries"]


async def test_a_lane_that_shuts_between_two_tries_does_not_change_what_the_first_one_says(serve, connect, operation):
    async def fail_by_id_at_once(exchange: Exchange) -> None:
        if b"summaries" in exchange.head:
            await asyncio.sleep(0.03)
            await exchange.send(http(b"", 429, "Retry-After: 30"))
        else:
            await exchange.send(http(b"", 502))

    server = await serve(fail_by_id_at_once)
    client = connect(server.url)
    # The second try waits a tenth of a second at least.
    with stamina.set_testing(False):
        outcomes = await asyncio.gather(
            client.invoice(operation, "G1"), client.invoice_summaries(operation), return_exceptions=True
        )

    assert [outcome.code for outcome in outcomes] == ["UPSTREAM_ERROR", "RATE_LIMITED"]
    assert sorted(server.paths) == ["/v1/invoices/G1", "/v1/invoices/summaries"]


async def test_a_503_that_names_a_time_is_told_as_it_is_and_not_tried_again(serve, connect, operation):
    server = await serve(saying(http(b"", 503, "Retry-After: 30")))
    client = connect(server.url)
    told = [await extensions(client.invoice_summaries(operation)) for _ in range(3)]

    assert told[0] == {"code": "UPSTREAM_ERROR", "upstreamStatus": 503}
    assert [each["code"] for each in told[1:]] == ["UPSTREAM_UNAVAILABLE"] * 2
    assert len(server.exchanges) == 1


@pytest.mark.wall_clock
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, UnauthenticatedError), (403, GatewayError), (429, RateLimitedError)],
)
async def test_a_failures_body_that_hangs_delays_it_by_a_second_at_most(serve, connect, operation, status, kind):
    async def hang_in_body(exchange: Exchange) -> None:
        await exchange.send(http(b'{"code":"', status, length=500))
        await exchange.closed()

    server = await serve(hang_in_body)
    async with asyncio.timeout(6):  # The call has thirty seconds.
        with pytest.raises(kind) as raised:
            await connect(server.url, timeout_s=30).invoice_summaries(operation)

    assert raised.value.code != "UPSTREAM_TIMEOUT"
    assert len(server.exchanges) == 1


class Renewing(Credentials):
    async def token(self, _caller):
        return "first"

    async def token_after(self, _caller, _refused):
        return "second"


async def test_a_call_with_a_renewed_token_shares_the_first_ones_time(serve):
    async def refuse_late_then_answer_later(exchange: Exchange) -> None:
        """Each within a second, and both together not."""
        if exchange.number == 1:
            await asyncio.sleep(0.4)
            await exchange.send(http(b"", 401))
        else:
            await asyncio.sleep(0.8)
            await exchange.send(http(BODY))

    server = await serve(refuse_late_then_answer_later)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=2)) as client:
        with pytest.raises(UpstreamTimeoutError):
            await PartnerCenter(client, Renewing(), timeout_s=1, concurrency=2).invoice_summaries(
                an_operation("tenant")
            )

    assert len(server.exchanges) == 2
