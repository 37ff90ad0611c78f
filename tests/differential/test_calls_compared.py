"""Which calls compiled execution may leave out, of those that graphql-core makes."""

import msgspec
import pytest

from tests.differential.arms import Outcome
from tests.differential.comparison import differing


def outcome(calls, data, *paths, raised="", code="UPSTREAM_ERROR"):
    errors = {"errors": [{"path": path, "extensions": {"code": code}} for path in paths]} if paths else {}
    body = b"" if raised else msgspec.json.encode({"data": data} | errors)
    return Outcome(body, 200, raised, [], calls)


ONE, BOTH = ["invoice 'G1'"], ["invoice 'G1'", "invoice 'G2'"]
MAY_NOT = {
    "no error": ({"a": {"id": "G1"}},),
    "an error of its own": ({"a": None}, ["a"]),
    "in a list": ({"a": [{"id": None}]}, ["a", 0, "id"]),
}
MAY = {
    "lost with a part": ({"a": None}, ["a", "id"]),
    "lost with an item": ({"a": [None, {"id": "G1"}]}, ["a", 1, "id"], ["a", 0, "id"]),
    "all lost": (None, ["a"]),
}


@pytest.mark.parametrize("told", MAY_NOT.values(), ids=MAY_NOT)
def test_where_nothing_is_lost_with_another_all_are_made(told):
    assert differing(outcome(BOTH, *told), outcome(ONE, *told)) == ("calls",)


@pytest.mark.parametrize("told", MAY.values(), ids=MAY)
def test_where_fields_are_lost_with_another_theirs_may_be_left_out(told):
    assert differing(outcome(BOTH, *told), outcome(ONE, *told)) == ()


def test_where_no_answer_is_all_are_made():
    assert differing(outcome(BOTH, None, raised="an error"), outcome(ONE, None, raised="an error")) == ("calls",)


@pytest.mark.parametrize("code", ["UPSTREAM_ERROR", "FORBIDDEN"])
def test_none_is_ever_made_beside_those(code):
    told = MAY["all lost"]

    assert differing(outcome(ONE, *told, code=code), outcome(BOTH, *told, code=code)) == ("calls",)


@pytest.mark.parametrize(("code", "parts"), [("UPSTREAM_ERROR", ("calls",)), ("MFA_REQUIRED", ())])
def test_one_may_be_made_again_where_upstream_refuses_the_caller(code, parts):
    told = MAY_NOT["an error of its own"]

    assert differing(outcome(ONE, *told, code=code), outcome(ONE * 2, *told, code=code)) == parts
