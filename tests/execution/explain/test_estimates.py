"""What may follow from unknown values is read off the document once, however many they are."""

import pytest

from gateway.execution.explain import estimates
from tests.execution.explain.planner import Planner

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("count", [1, 3])
async def test_the_root_is_looked_through_once_for_all_unknown_values(monkeypatch, count):
    """Hundreds of them over thousands of spreads held up the event loop for a second."""
    looked = []

    def collect(*arguments):
        looked.append(arguments)
        return collect_fields(*arguments)

    collect_fields = estimates.collect_fields
    monkeypatch.setattr(estimates, "collect_fields", collect)
    document = " ".join(f'a{number}: invoice(id: "G{number}") {{ id }}' for number in range(count))
    plan = await Planner().plan(f"{{ {document} }}")

    assert (plan["least"], len(looked)) == (count, 1)
