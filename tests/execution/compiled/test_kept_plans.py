"""What is kept of compiled operations is bounded, whatever callers send."""

import pytest

from gateway.schema.limits.maxima import KEPT_CHARACTERS
from tests.execution.runs import CHARGED, ONE, Runs

pytestmark = pytest.mark.anyio


async def test_nothing_is_kept_of_an_operation_that_the_document_does_not_have():
    runs = Runs()
    await runs.run("query A {__typename}", key=None)
    for number in range(3):
        answer = await runs.run("query A {__typename}", key=None, operation_name=f"B{number}")

    assert answer["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"
    assert len(runs.executor.plans) == 0


async def test_plans_hold_no_more_characters_of_documents_than_are_remembered_and_the_least_used_go_first():
    runs = Runs()
    length = KEPT_CHARACTERS // 8
    for number in range(10):
        document = f"{{a{number}: __typename}} #"
        for _ in range(2):
            await runs.run(document + "x" * (length - len(document)), key=None)
            await runs.run(key=None)

    # Seven of them, and the short one that is used all the time.
    assert len(runs.executor.plans) == 8
    before = runs.executor.plans.compiled
    assert await runs.run(ONE, key=None) == CHARGED
    assert runs.executor.plans.compiled == before + 1


async def test_a_document_with_many_operations_counts_once():
    runs = Runs()
    names = [f"Q{number}" for number in range(10)]
    document = " ".join(f"query {name} {{__typename}}" for name in names) + " #"
    document += "x" * (KEPT_CHARACTERS // 4 - len(document))
    for name in (names[0], *names):
        await runs.run(document, key=None, operation_name=name)

    assert len(runs.executor.plans) == 10
