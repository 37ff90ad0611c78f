"""Compiled execution is graphql-core's: the same bytes, status and errors, whatever is asked of whatever data.

`python -m tests.differential` looks for longer.
"""

import re

import msgspec
import pytest

from gateway.errors import GatewayError
from gateway.execution.executor import Executor, Request
from gateway.execution.outcome import Answer
from tests.differential.arms import interpreting, turned_loop
from tests.differential.comparison import Census, Pair, compare
from tests.differential.report import told
from tests.differential.sessions import Session

SEED = 1
SESSIONS = range(84)
CASES = 5040
CHUNKS = 12


@pytest.fixture(name="loop")
def _loop():
    with turned_loop() as loop:
        yield loop


# The first shows to coverage what they all run.
@pytest.mark.parametrize("chunk", [0, *(pytest.param(chunk, marks=pytest.mark.untraced) for chunk in range(1, CHUNKS))])
def test_the_answers_are_the_same_to_the_byte(loop, chunk):
    census = Census()
    for number in SESSIONS[chunk::CHUNKS]:
        session = Session(f"{SEED}:{number}")
        found = compare(session, loop, census)
        assert found is None, told(session, found, loop)

    assert census.cases == CASES // CHUNKS
    # Most of what can be compared is data.
    assert census.outcomes["no error"] > census.cases / 3
    assert census.unread < census.documents / 10
    assert census.compiled > census.cases / 3


class Broken:
    """An executor whose answers are changed on the way."""

    def __init__(self, change, *args):
        self._executor = Executor(*args)
        self._change = change

    async def run(self, request, operation):
        return self._change(await self._executor.run(request, operation))


def edited(edit):
    """Changes a response by changing its members."""

    def change(answer):
        response = msgspec.json.decode(answer.body)
        edit(response)
        return answer._replace(body=msgspec.json.encode(response))

    return change


def swap_errors(response):
    if "errors" in response:
        response["errors"].reverse()


def forget_place(response):
    for error in response.get("errors", ()):
        error.pop("locations", None)


def grow_older(response):
    for stale in response.get("extensions", {}).get("freshness", ()):
        stale["age"] += 1


def turn_members_round(response):
    response["data"] = response.get("data") and dict(reversed(response["data"].items()))


def replaced(old, new):
    return lambda answer: answer._replace(body=answer.body.replace(old, new))


BROKEN = {
    "a zero without its sign": (replaced(b'"-0.00"', b'"0.00"'), ("data",)),
    "a fraction of a second left out": (replaced(b".000001Z", b"Z"), ("data",)),
    "null for an empty list": (replaced(b":[]", b":null"), ("data",)),
    "another type's name": (replaced(b'"TaxReceipt"', b'"Invoice"'), ("data",)),
    "a control character told plainly": (replaced(rb"\u001f", b" "), ("data",)),
    "members in another order": (edited(turn_members_round), ("only the bytes",)),
    "errors in another order": (edited(swap_errors), ("errors, in their order",)),
    "an error without its place": (edited(forget_place), ("errors",)),
    "an age too high": (edited(grow_older), ("extensions",)),
    "another code": (replaced(b'"MFA_REQUIRED"', b'"UNAUTHENTICATED"'), ("errors",)),
    "a status too good": (lambda answer: Answer(answer.body, 200), ("http_status",)),
}


@pytest.mark.untraced
@pytest.mark.parametrize(("change", "parts"), BROKEN.values(), ids=BROKEN)
def test_an_executor_that_is_not_right_is_found(loop, change, parts):
    def broken(*args):
        return Broken(change, *args)

    assert first_found(loop, broken).parts == parts


def without_nulls(request):
    variables = request.variables and {name: each for name, each in request.variables.items() if each is not None}
    return request._replace(variables=variables)


def overlooking(text):
    return lambda request: request._replace(document=request.document.replace(text, " " * len(text)))


MISREAD = {
    "null taken for left out": without_nulls,
    "a condition overlooked": overlooking("@skip(if: true)"),
    "the name of the operation overlooked": lambda request: request._replace(operation_name=None),
}


@pytest.mark.untraced
@pytest.mark.parametrize("misread", MISREAD.values(), ids=MISREAD)
def test_an_executor_that_misreads_what_is_asked_is_found(loop, misread):
    class Misreading(Broken):
        async def run(self, request, operation):
            return await self._executor.run(misread(request), operation)

    asked = Request(*first_found(loop, lambda *args: Misreading(None, *args)).step.asked)
    assert misread(asked) != asked


@pytest.mark.untraced
def test_an_error_that_is_not_raised_is_found(loop):
    class Silent(Broken):
        async def run(self, request, operation):
            try:
                return await self._executor.run(request, operation)
            except GatewayError:
                return Answer(b"{}", 200)

    assert first_found(loop, lambda *args: Silent(None, *args)).parts == ("http_status", "raised", "only the bytes")


@pytest.mark.untraced
def test_a_call_that_is_made_twice_is_found(loop):
    class Twice(Broken):
        async def run(self, request, operation):
            first = await self._executor.run(request, operation)
            if b'"errors":' not in first.body:
                operation.budget.spent = 0
                await self._executor.run(request, operation)
            return first

    assert first_found(loop, lambda *args: Twice(None, *args)).parts == ("calls",)


def first_found(loop, broken):
    sessions = (Session(f"{SEED}:{number}") for number in SESSIONS)
    differences = (compare(session, loop, Census(), Pair(interpreting, broken)) for session in sessions)
    return next(found for found in differences if found is not None)


@pytest.mark.untraced
def test_a_difference_is_told_with_the_smallest_of_its_kind(loop):
    change, _ = BROKEN["a zero without its sign"]
    pair = Pair(interpreting, lambda *args: Broken(change, *args))
    sessions = (Session(f"{SEED}:{number}") for number in SESSIONS)
    differences = ((each, compare(each, loop, Census(), pair)) for each in sessions)
    # A short one takes less time.
    session, found = next((each, it) for each, it in differences if it and len(it.step.asked.document) < 1500)
    report = told(session, found, loop, pair)
    whole, smallest = report.split("the smallest of it:\n")

    assert whole.startswith(f"session {session.seed}, step {len(found.history)}, documents kept: ")
    assert found.step.asked.document in whole
    assert '"-0.00"' in whole
    assert smallest.startswith("differs: data\n")
    # A way down to one amount, and nothing beside it.
    assert re.search(r"^(query.*)?\{(\n +[^\n{}]+ \{)+\n +[^\n{}]+(\n +\})+\n\}$", smallest, re.MULTILINE)
