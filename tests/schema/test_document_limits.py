"""A document that is too long is refused before it costs anything."""

import pytest

pytestmark = pytest.mark.anyio


async def test_a_document_of_more_than_six_thousand_tokens_is_refused_without_a_call(start_gateway, sandbox):
    gateway = await start_gateway()

    just_fits = await gateway.ask("{" + " ".join(f"a{number}: __typename" for number in range(1999)) + "}")
    too_long = await gateway.errors("{" + "a: invoiceSummaries { totalCount } " * 2000 + "}")

    assert len(just_fits) == 1999
    assert too_long == [(None, "GRAPHQL_PARSE_FAILED")]
    assert sandbox.calls() == []
