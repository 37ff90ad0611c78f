"""An id that is none costs no call, and the ids beside it nothing."""

import pytest

pytestmark = pytest.mark.anyio

BAD = ["", "bad id!", "G1/../../secrets", "x" * 65]


@pytest.mark.parametrize("bad", BAD, ids=["empty", "space", "path", "long"])
async def test_the_others_of_a_list_are_served_and_the_bad_one_is_told_of_at_its_index(start_gateway, sandbox, bad):
    gateway = await start_gateway()
    document = "query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }"

    response = await gateway.post(document, variables={"ids": ["G000100001", bad, "G000100002", bad]})
    answer = response.json()

    assert answer["data"] == {"invoicesById": [{"id": "G000100001"}, None, {"id": "G000100002"}, None]}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["invoicesById", 1], "BAD_USER_INPUT"),
        (["invoicesById", 3], "BAD_USER_INPUT"),
    ]
    assert sorted(sandbox.take_calls()) == ["/v1/invoices/G000100001", "/v1/invoices/G000100002"]


async def test_a_list_of_bad_ids_alone_costs_no_call(start_gateway, sandbox):
    gateway = await start_gateway()
    response = await gateway.post('{ invoicesById(ids: ["", "bad id!"]) { id } }')

    assert response.json()["data"] == {"invoicesById": [None, None]}
    assert [error["path"] for error in response.json()["errors"]] == [["invoicesById", 0], ["invoicesById", 1]]
    assert sandbox.take_calls() == []
