"""What an operation carries: its budget of calls and its deadline."""

import time

import pytest

from gateway.caller import Caller, Scope
from gateway.errors import UpstreamBudgetExceededError
from gateway.operation import Budget, Deadline, Operation


def test_a_budget_is_spent_call_by_call():
    budget = Budget(2)
    budget.spend()

    assert (budget.spent, budget.remaining) == (1, 1)


def test_a_spent_budget_allows_nothing_more():
    budget = Budget(1, spent=1)
    with pytest.raises(UpstreamBudgetExceededError) as raised:
        budget.spend()

    assert raised.value.extensions == {
        "code": "UPSTREAM_BUDGET_EXCEEDED",
        "upstreamCalls": 2,
        "maxUpstreamCalls": 1,
    }
    assert budget.spent == 1


def test_calls_that_are_foreseen_are_refused_before_the_first():
    budget = Budget(10, spent=4)
    budget.foresee(6)
    with pytest.raises(UpstreamBudgetExceededError) as raised:
        budget.foresee(7)

    assert (raised.value.needed, raised.value.limit) == (11, 10)
    assert budget.spent == 4


def test_a_deadline_leaves_what_is_left_and_never_less_than_nothing():
    assert 59 < Deadline.after(60).remaining_s <= 60
    assert Deadline.after(0).remaining_s == 0
    assert Deadline(time.monotonic() - 5, 1).remaining_s == 0


def test_an_operation_does_not_show_the_token():
    caller = Caller(Scope("public", "", "token-1"), "very-secret")
    operation = Operation(caller, "9f1c", Deadline.after(1), Budget(1))

    assert "very-secret" not in repr(operation)
