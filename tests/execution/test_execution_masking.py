"""What callers are not told: a fault of ours is masked, and stands in the log once, with the correlation id."""

import decimal
import json

import httpx
import pytest
import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from gateway.app import create_app
from gateway.cache import build_cache
from gateway.execution.errors import MASKED
from gateway.execution.executor import Executor, Request
from gateway.freshness import Windows
from gateway.partner_center.transport import Transport
from gateway.readings import Lifetimes
from gateway.settings import Settings
from tests.fakes import FakeInvoiceSource, operation
from tests.web.error_shape import errors_of

pytestmark = pytest.mark.anyio

GUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SECRET = "secret of the gateway"
THREE = '{__typename invoicesById(ids: ["G000100001", "G000100002", "G000100003"]) {id}}'


class FaultyTransport(Transport):
    """Has a fault of its own wherever G000100002 is asked for."""

    async def handle_async_request(self, request):
        if request.url.path.endswith("G000100002"):
            raise RuntimeError(SECRET)
        return await super().handle_async_request(request)


async def test_an_exception_of_ours_tells_nothing_and_leaves_the_rest_its_data(sandbox):
    app = create_app(Settings(upstream_url=sandbox.url), transport=FaultyTransport(max_connections=2))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http,
    ):
        http.headers = {"Authorization": "Bearer sandbox-partner-1", "MS-CorrelationId": GUID}
        with capture_logs() as logs:
            response = await http.post("/graphql", json={"query": THREE})

    assert response.status_code == 200
    assert response.json() == {
        "data": {"__typename": "Query", "invoicesById": [{"id": "G000100001"}, None, {"id": "G000100003"}]},
        "errors": [
            {
                "message": MASKED,
                "locations": [{"line": 1, "column": 13}],
                "path": ["invoicesById", 1],
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "correlationId": GUID},
            }
        ],
    }
    assert errors_of(response)
    assert SECRET not in response.text
    assert "RuntimeError" not in response.text

    [told] = [entry for entry in logs if entry["log_level"] == "error"]
    assert told["correlation_id"] == GUID
    assert told["path"] == ["invoicesById", 1]
    assert repr(told["exc_info"]) == f"RuntimeError('{SECRET}')"


async def test_failures_that_callers_are_told_are_not_logged_as_faults(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.faults({"status": 409})
    with capture_logs() as logs:
        await gateway.post('{invoiceSummaries {totalCount} invoice(id: "?") {id}}')
        await gateway.post("{nothing}")
        await gateway.post("{")

    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []


@strawberry.type
class Echo:
    @strawberry.field
    def echo(self, number: decimal.Decimal) -> str:
        return str(number)


def fail(*_arguments):
    raise RuntimeError(SECRET)


class FailsToParse(SchemaExtension):
    on_parse = fail


class FailsToValidate(SchemaExtension):
    on_validate = fail


class FailsToExecute(SchemaExtension):
    on_execute = fail


BROKEN_NUMBER = {decimal.Decimal: strawberry.scalar(name="Number", parse_value=fail, parse_literal=fail)}
VARIABLE = "query ($number: Number!) {echo(number: $number)}"

FAULTS = {
    "in parsing": ({"extensions": [FailsToParse]}, "{__typename}"),
    "in validation": ({"extensions": [FailsToValidate]}, "{__typename}"),
    "in execution": ({"extensions": [FailsToExecute]}, "{__typename}"),
    "in a literal": ({"config": StrawberryConfig(scalar_map=BROKEN_NUMBER)}, "{echo(number: 1)}"),
    "in a variable": ({"config": StrawberryConfig(scalar_map=BROKEN_NUMBER)}, VARIABLE),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_an_exception_before_the_first_field_is_masked_too(case):
    """Strawberry and graphql-core report it as if the document were at fault, with its text."""
    parameters, document = FAULTS[case]
    executor = Executor(
        strawberry.Schema(Echo, **parameters),
        FakeInvoiceSource(),
        build_cache("none://", 0),
        Lifetimes(*[Windows(60)] * 4),
    )
    with capture_logs() as logs:
        answer = await executor.run(Request(document, variables={"number": 1}), operation())
    [error] = json.loads(answer.body)["errors"]

    assert answer.http_status == 500
    assert error["message"] == MASKED
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "correlationId": operation().correlation_id}
    assert [repr(entry["exc_info"]) for entry in logs] == [f"RuntimeError('{SECRET}')"]
