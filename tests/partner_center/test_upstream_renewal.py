"""A call that is repeated with a renewed token is a second call, and is paid for as one."""

import pytest

from gateway.errors import UpstreamBudgetExceededError
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.transport import Transport, build_client
from tests.fakes import operation as an_operation

pytestmark = pytest.mark.anyio


class Renewed(Credentials):
    """Gives one token, and another after it was refused."""

    async def token(self, _caller):
        return "refused"

    async def token_after(self, _caller, _refused):
        return "sandbox-partner-1"


@pytest.fixture
async def client(sandbox):
    async with build_client(sandbox.url, timeout_s=5, transport=Transport(max_connections=2)) as http:
        yield PartnerCenter(http, Renewed(), timeout_s=5, concurrency=2)


async def test_both_calls_are_paid_for(client, sandbox):
    sandbox.faults({"path": "/v1/invoices/summaries", "status": 401, "times": 1})
    operation = an_operation(calls=2)

    assert (await client.invoice_summaries(operation)).total_count == 3
    assert operation.budget.spent == 2
    assert [request["path"] for request in sandbox.requests()] == ["/v1/invoices/summaries"] * 2


async def test_an_operation_that_may_make_no_second_call_makes_none(client, sandbox):
    sandbox.faults({"path": "/v1/invoices/summaries", "status": 401, "times": 1})

    with pytest.raises(UpstreamBudgetExceededError):
        await client.invoice_summaries(an_operation(calls=1))

    assert len(sandbox.calls()) == 1
