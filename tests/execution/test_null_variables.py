"""A variable with a default fits where null does not, so that null for it is found out only as the field runs."""

import pytest
from structlog.testing import capture_logs

from gateway.execution.compiled import plans
from tests.execution.runs import Runs

pytestmark = pytest.mark.anyio

ARGUMENT = 'query ($id: ID = "G1") {invoice(id: $id) {id}}'
CONDITION = 'query ($id: Boolean = true) {invoice(id: "G1") {id state @skip(if: $id)}}'


@pytest.mark.parametrize("compiles", [True, False])
@pytest.mark.parametrize(
    ("document", "name", "type_", "column"), [(ARGUMENT, "id", "ID!", 37), (CONDITION, "if", "Boolean!", 68)]
)
async def test_null_for_it_is_bad_input_and_no_fault_of_ours(document, name, type_, column, compiles):
    runs = Runs(compiles=compiles)
    with capture_logs() as logs:
        for _ in range(2):
            answer = await runs.run(document, key=None, variables={"id": None})
    (error,) = answer["errors"]

    assert answer["data"] == {"invoice": None}
    assert (error["path"], error["locations"]) == (["invoice"], [{"line": 1, "column": column}])
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == (
        f"Argument '{name}' has invalid value: "
        f"Expected variable '$id' provided to non-null type '{type_}' not to be None."
    )
    assert logs == []


async def test_that_it_cannot_be_compiled_with_it_is_found_out_once(monkeypatch):
    compiled = []

    class Counted(plans.Selections):
        def compiled(self):
            compiled.append(True)
            return super().compiled()

    monkeypatch.setattr(plans, "Selections", Counted)
    runs = Runs()
    for _ in range(4):
        await runs.run(CONDITION, key=None, variables={"id": None})

    assert compiled == [True]
