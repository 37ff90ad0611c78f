"""More upstream calls than can be made in time: what is served, what is shed, and how callers learn it."""

import asyncio
import time

import pytest

from gateway.errors import OverloadedError, UpstreamTimeoutError
from tests.web.error_shape import errors_of

pytestmark = pytest.mark.anyio

GRAPHQL = {"Accept": "application/graphql-response+json"}
KEPT = '{invoice(id: "G000100001") {id}}'


async def timed(call):
    begun_s = time.monotonic()
    response = await call
    return response, time.monotonic() - begun_s


@pytest.fixture
async def crowded(start_gateway, sandbox):
    """A gateway with one kept invoice, four upstream calls at once, a second for each operation."""
    gateway = await start_gateway(upstream_concurrency=4, deadline_s=1)
    await gateway.ask(KEPT)
    sandbox.take_calls()
    return gateway


@pytest.mark.wall_clock
async def test_a_slow_upstream_and_many_callers(start_gateway, sandbox):
    """Scaled down by two; in full under tests/promises. Two in turn have a second and a half to spare, three none."""
    crowded = await start_gateway(upstream_concurrency=4, deadline_s=5)
    await crowded.ask(KEPT)
    sandbox.take_calls()
    sandbox.faults({"latency_ms": 1750})
    # One document for all: new ones are read one after the other, and the callers would not come at once.
    document = "query ($id: ID!) {invoice(id: $id) {id}}"
    ids = [f"G{100100 + number:09}" for number in range(40)]
    callers = [asyncio.create_task(timed(crowded.post(document, variables={"id": each}))) for each in ids]
    await crowded.ask(KEPT)  # It comes as all of them do, and waits for them to be read.
    meanwhile_s = []
    while not all(caller.done() for caller in callers):
        kept, kept_s = await timed(crowded.post(KEPT))
        alive, alive_s = await timed(crowded.http.get("/livez"))
        assert kept.json() == {"data": {"invoice": {"id": "G000100001"}}}
        assert alive.status_code == 200
        meanwhile_s += [kept_s, alive_s]
        await asyncio.sleep(0.02)
    outcomes = [caller.result() for caller in callers]
    answered = [response for response, _ in outcomes if response.status_code == 200]
    shed = [(response, seconds) for response, seconds in outcomes if response.status_code == 503]

    assert max(meanwhile_s) < 1.5
    assert len(answered) + len(shed) == 40
    assert all(response.json()["data"]["invoice"] for response in answered)
    assert 4 <= len(answered) <= 8
    assert {error["extensions"]["code"] for response, _ in shed for error in errors_of(response)} == {"OVERLOADED"}
    assert all(1 <= int(response.headers["Retry-After"]) <= 10 for response, _ in shed)
    # Most learn it long before their deadline.
    assert sorted(seconds for _, seconds in shed)[len(shed) // 2] < 3
    assert max(seconds for _, seconds in outcomes) < 10  # One after the other, they would take seventeen.
    assert len(sandbox.calls()) <= 8


@pytest.mark.parametrize("accept", [{}, GRAPHQL], ids=["json", "graphql-response"])
@pytest.mark.parametrize(
    "document",
    ["{invoiceSummaries {totalCount}}", '{invoicesById(ids: ["G000100003", "G000100004"]) {pdfDownloadLink}}'],
    ids=["null", "a-list-of-nulls"],
)
async def test_an_operation_of_which_nothing_can_be_served_is_a_503(crowded, overload, accept, document):
    overload(3.2)
    token = {"Authorization": f"Bearer {crowded.token}"}
    response = await crowded.http.post("/graphql", json={"query": document}, headers=accept | token)

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "4"
    assert [error["extensions"]["code"] for error in errors_of(response)] == ["OVERLOADED"]
    assert "data" not in response.json()


@pytest.mark.parametrize(
    ("document", "served"),
    [
        ("{__typename invoiceSummaries {totalCount}}", {"__typename": "Query", "invoiceSummaries": None}),
        (
            '{invoicesById(ids: ["G000100001", "G000100003"]) {id}}',
            {"invoicesById": [{"id": "G000100001"}, None]},
        ),
    ],
    ids=["a-field", "an-item"],
)
async def test_what_can_be_served_beside_an_overload_is(crowded, overload, document, served):
    overload(3.2)
    response = await crowded.post(document)

    assert response.status_code == 200
    assert response.json()["data"] == served
    assert [error["extensions"]["code"] for error in errors_of(response)] == ["OVERLOADED"]


async def test_another_failure_alone_is_no_overload(crowded, monkeypatch):
    async def fail(*_arguments, **_options):
        raise UpstreamTimeoutError("Partner Center did not answer in time.")

    monkeypatch.setattr("gateway.partner_center.calls.Calls.body", fail)
    response = await crowded.post("{invoiceSummaries {totalCount}}")

    assert response.status_code == 200


@pytest.fixture
def overload(monkeypatch):
    """Every upstream call is shed."""

    def overload(retry_after_s):
        async def shed(*_arguments, **_options):
            raise OverloadedError("The gateway has more upstream calls to make than it can in time.", retry_after_s)

        monkeypatch.setattr("gateway.partner_center.calls.Calls.body", shed)
        monkeypatch.setattr("gateway.partner_center.calls.Calls.begins_together", False)

    return overload


async def test_overload_hides_no_other_error(crowded, overload):
    overload(3.2)
    response = await crowded.post('{bad: invoice(id: "?") {id} late: invoiceSummaries {totalCount}}')

    assert response.status_code == 200
    assert response.json()["data"] == {"bad": None, "late": None}
    assert {tuple(error["path"]): error["extensions"]["code"] for error in response.json()["errors"]} == {
        ("bad",): "BAD_USER_INPUT",
        ("late",): "OVERLOADED",
    }
