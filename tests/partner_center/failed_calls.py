"""What a call for the summaries fails with."""

import pytest

from gateway.errors import GatewayError


async def failure(client, operation) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        await client.invoice_summaries(operation)
    return raised.value
