"""One line for each operation, and what is told of a slow one."""

import asyncio
import logging

import pytest
from structlog.testing import capture_logs

from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

ID = "6d2f1c9e-7a40-4a58-8a35-0d7c7b1f8e21"
ONE = 'query One($id: ID! = "G000100001") {invoice(id: $id) {id}}'
HEADERS = {"MS-CorrelationId": ID}
LINE = {"event": "operation", "correlation_id": ID, "level": "info", "logger": "gateway.operation"}


def without_duration(lines):
    return [line for line in lines if line.pop("duration_ms") > 0]


async def test_a_run_has_a_line(start_gateway, operations):
    gateway = await start_gateway(clock=FakeClock())
    await gateway.post(ONE, headers=HEADERS)

    assert without_duration(operations.take()) == [
        LINE | {"name": "One", "origin": "run", "outcome": "ok", "age_s": 0.0, "upstream_calls": 1}
    ]


async def test_an_operation_that_is_explained_has_a_line_too(start_gateway, operations):
    gateway = await start_gateway(clock=FakeClock(), explain=True)
    await gateway.post(ONE, headers=HEADERS | {"X-Gateway-Explain": "actual"})

    assert without_duration(operations.take()) == [
        LINE | {"name": "One", "origin": "run", "outcome": "ok", "age_s": 0.0, "upstream_calls": 1}
    ]


async def test_a_kept_answer_has_a_line_at_debug_level_only(start_gateway, operations):
    gateway = await start_gateway()
    await gateway.post(ONE, headers=HEADERS)
    operations.take()
    await gateway.post(ONE, headers=HEADERS)

    assert operations.take() == [LINE | {"origin": "kept", "outcome": "ok", "level": "debug"}]

    logging.getLogger("gateway.operation").setLevel(logging.INFO)
    await gateway.post(ONE, headers=HEADERS)

    assert operations.take() == []


async def test_whoever_joins_a_run_has_a_line_of_its_own(start_gateway, operations):
    gateway = await start_gateway()
    await asyncio.gather(gateway.post(ONE), gateway.post(ONE))
    told = [(line["origin"], line["upstream_calls"]) for line in operations.take()]

    assert sorted(told) == [("run", 1), ("shared", 0)]


async def test_the_age_is_that_of_the_oldest_part(start_gateway, operations):
    clock = FakeClock()
    gateway = await start_gateway(clock=clock)
    await gateway.ask('{invoice(id: "G000100001") {id}}')
    clock.now_s += 20
    await gateway.ask("{invoiceSummaries {totalCount}}")
    operations.take()
    await gateway.ask('{invoiceSummaries {totalCount} invoice(id: "G000100001") {id}}')
    [line] = operations.take()

    assert (line["age_s"], line["upstream_calls"], line["name"]) == (20.0, 0, None)


@pytest.mark.parametrize(
    ("document", "outcome", "codes"),
    [
        ("{nothing}", "refused", ["GRAPHQL_VALIDATION_FAILED"]),
        ('{a: invoice(id: "%") {id} b: invoiceSummaries {totalCount}}', "errors", ["BAD_USER_INPUT"]),
    ],
)
async def test_errors_are_told_by_their_codes(start_gateway, operations, document, outcome, codes):
    gateway = await start_gateway()
    await gateway.post(document)
    [line] = operations.take()

    assert (line["outcome"], line["errors"]) == (outcome, codes)


async def test_a_request_that_is_refused_has_a_line(start_gateway, operations):
    gateway = await start_gateway(None)
    await gateway.post(ONE, headers=HEADERS)

    assert operations.take() == [LINE | {"event": "request refused", "code": "UNAUTHENTICATED"}]


async def test_a_caller_who_leaves_has_a_line(start_gateway, sandbox, operations):
    gateway = await start_gateway()
    sandbox.faults({"latency_ms": 500})
    asking = asyncio.create_task(gateway.post(ONE, headers=HEADERS))
    while not sandbox.calls():
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert without_duration(operations.take()) == [
        LINE | {"name": "One", "origin": "run", "outcome": "left", "upstream_calls": 1}
    ]


async def test_a_slow_operation_is_told_by_shape_and_types(start_gateway):
    gateway = await start_gateway(slow_operation_s=1e-9)
    document = """
        query Slow($id: ID! = "G000100001", $with: Boolean!) {  # a comment
          two: invoicesById(ids: ["G000100002", "G000100003"]) @include(if: $with) { id }
          invoices(first: 7, filter: {currencyCode: "EUR"}, orderBy: INVOICE_DATE_ASC) { totalCount }
          invoice(id: $id) { id }
        }
    """
    with capture_logs() as logs:
        await gateway.ask(document, **{"with": True})
    [line] = [line for line in logs if line["event"] == "slow operation"]

    assert (line["log_level"], line["name"], line["upstream_calls"]) == ("warning", "Slow", 4)
    assert line["variables"] == {"id": "ID!", "with": "Boolean!"}
    assert line["document"] == (
        "query Slow($id: ID! = String, $with: Boolean!) { two: invoicesById(ids: [String]) @include(if: $with) { id } "
        "invoices(first: Int, filter: { currencyCode: String }, orderBy: Enum) { totalCount } "
        "invoice(id: $id) { id } }"
    )


@pytest.mark.parametrize(("slow_operation_s", "told"), [(60, []), (0, [])])
async def test_none_is_slow_below_the_threshold_or_without_one(start_gateway, slow_operation_s, told):
    gateway = await start_gateway(slow_operation_s=slow_operation_s)
    with capture_logs() as logs:
        await gateway.ask(ONE)

    assert logs == told


async def test_of_many_variables_fifty_are_told(start_gateway):
    gateway = await start_gateway(slow_operation_s=1e-9)
    names = [f"v{number:03}" for number in range(51)]
    declared, used = (", ".join(f"${name}{end}" for name in names) for end in (": ID!", ""))
    with capture_logs() as logs:
        await gateway.post(
            f"query ({declared}) {{invoicesById(ids: [{used}]) {{id}}}}", variables=dict.fromkeys(names, "G000100001")
        )
    [line] = [line for line in logs if line["event"] == "slow operation"]

    assert line["variables"] == dict.fromkeys(names[:50], "ID!")


async def test_what_names_none_of_several_operations_is_told_without_a_name(start_gateway, operations):
    gateway = await start_gateway()
    await gateway.post("query One {invoiceSummaries {totalCount}} query Two {invoiceSummaries {totalCount}}")
    [line] = operations.take()

    assert (line["name"], line["outcome"]) == (None, "refused")


async def test_of_a_long_document_no_shape_is_told(start_gateway):
    gateway = await start_gateway(slow_operation_s=1e-9)
    with capture_logs() as logs:
        await gateway.ask(ONE + "#" * 2000)

    assert [line["document"] for line in logs] == [None]


async def test_a_document_that_nobody_knows_is_a_refusal(start_gateway, operations):
    gateway = await start_gateway()
    unknown = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    headers = HEADERS | {"Authorization": "Bearer sandbox-partner-1"}
    await gateway.http.post("/graphql", json={"extensions": unknown}, headers=headers)

    assert operations.take() == [LINE | {"event": "request refused", "code": "PERSISTED_QUERY_NOT_FOUND"}]
