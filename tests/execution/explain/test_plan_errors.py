"""What is wrong with an operation is told by its plan, too."""

import pytest

from tests.execution.explain.planner import Planner, rows

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ invoiceSummaries " + "{ items { details { summary " * 6 + "{ currencyCode }" + "}" * 19,
            None,
            "LIMIT_EXCEEDED",
        ),
        ("query ($id: ID!) { invoice(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", None, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_what_cannot_run_is_answered_as_ever(document, variables, code):
    response, status = await Planner().planned(document, variables=variables)

    assert (status, response.keys()) == (400, {"errors"})
    assert [error["extensions"]["code"] for error in response["errors"]] == [code]


async def test_an_argument_that_is_refused_is_refused_in_the_plan():
    response, _status = await Planner().planned(
        "{ invoices(first: 500) { totalCount } invoiceSummaries { totalCount } }"
    )

    assert [(error["path"], error["extensions"]["code"]) for error in response["errors"]] == [
        (["invoices"], "BAD_USER_INPUT")
    ]
    assert rows(response["extensions"]["plan"]) == [(SUMMARIES, "missing", 1, 1, 1)]
