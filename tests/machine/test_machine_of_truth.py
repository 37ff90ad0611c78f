"""Whatever happens to upstream, the store, the clocks and the askers: what is served was true, and as old as it says.

`MACHINE_EXAMPLES=5000 pytest tests/machine` looks for longer, at random.
"""

import os
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.billing import EVERYTHING
from gateway.billing import InvoiceDateWindow as Window
from gateway.errors import (
    ForbiddenError,
    MfaRequiredError,
    OverloadedError,
    RateLimitedError,
    SignInFailedError,
    SignInUnavailableError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.freshness import ANY_AGE, CacheControl
from tests.machine.moody_store import DEAD, FULL, WELL
from tests.machine.moody_upstream import ALWAYS, BY_ID_REFUSED, DAYS
from tests.machine.turned_loop import as_monotonic_clock
from tests.machine.watched_world import WatchedWorld

IDENTITIES = ("token-1", "token-2")
JANUARY, FEBRUARY = (
    Window(DAYS["G0"].replace(month=month, day=1), DAYS["G0"].replace(month=month + 1, day=1)) for month in (1, 2)
)
FAILURES = (
    UpstreamError("broken", 500),
    UpstreamUnreadableError("garbage"),
    UpstreamTimeoutError("late"),
    UpstreamUnavailableError("dead"),
    RateLimitedError("slower", 30),
    OverloadedError("full"),
    SignInUnavailableError(),
    SignInFailedError(),
    BY_ID_REFUSED,
)
REFUSALS = (UnauthenticatedError("no"), MfaRequiredError(), ForbiddenError("no", "2032"))
CONTROLS = (
    CacheControl(no_cache=True),
    CacheControl(max_age_s=3),
    CacheControl(max_age_s=15),
    CacheControl(max_stale_s=0),
    CacheControl(max_stale_s=15),
    CacheControl(only_if_cached=True),
    CacheControl(only_if_cached=True, max_stale_s=15),
)
SKEWS_S = (-1.0, 0.0, 3.0)
GARBAGE = (b"", b"\xc1", b"\x80", b"\x95\x01\x02\x03\x04\x05", b"garbage")
IDS = ("G1", "G2", "G3", "G9")

identities = st.sampled_from([*IDENTITIES, IDENTITIES[0]])
some_ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True).map(tuple)
some_windows = st.lists(st.sampled_from([EVERYTHING, JANUARY, FEBRUARY]), min_size=1, unique=True).map(tuple)
questions = st.one_of(
    st.just(("invoice_summaries", (None,))),
    st.just(("whole_invoice_by_id", ("G1",))),
    st.just(("invoices_by_window", (EVERYTHING,))),
    st.tuples(st.just("invoices_by_window"), some_windows),
    st.tuples(st.sampled_from(["invoice_by_id", "whole_invoice_by_id", "pdf_link_by_id"]), some_ids),
)
controls = st.one_of(st.just(ANY_AGE), st.just(ANY_AGE), st.sampled_from(CONTROLS))
replicas = st.integers(0, 1)
any_of_them = st.integers(0, 99)
calls = st.sampled_from([120, 120, 120, 1])


class MachineOfTruth(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.world = WatchedWorld(IDENTITIES)

    @initialize(max_bytes=st.sampled_from([2**20, 4_000]))
    def start(self, max_bytes):
        self.world.max_bytes = max_bytes
        self.world.replicas = [self.world.new_replica(), self.world.new_replica()]

    # What callers do.

    @rule(which=replicas, identity=identities, question=questions, control=controls, calls=calls)
    def ask(self, which, identity, question, control, calls):
        self.world.begin(which, identity, question, control, calls)
        self.world.loop.settle()

    @rule(which=replicas, identity=identities, question=questions)
    def ask_for_whatever_there_is(self, which, identity, question):
        self.world.begin(which, identity, question)
        self.world.loop.settle()

    @rule(identity=identities, question=questions, control=controls)
    def ask_everywhere_at_once(self, identity, question, control):
        for which in (0, 1, 0):
            self.world.begin(which, identity, question, control)
        self.world.loop.settle()

    @precondition(lambda self: self.world.waiting())
    @rule(which=any_of_them)
    def leave(self, which):
        waiting = self.world.waiting()
        ask = waiting[which % len(waiting)]
        ask.task.cancel()
        self.world.loop.settle()

    # What upstream does.

    @rule(
        identity=identities,
        renewed=st.sets(st.sampled_from(["summaries", *DAYS])),
        gone=st.sets(st.sampled_from(["G1", "G2", "G3"])),
    )
    def change_truth(self, identity, renewed, gone):
        self.world.upstream.change(identity, renewed | set(ALWAYS), gone - renewed)

    @rule(identity=identities, mood=st.sampled_from([None, *FAILURES]))
    def fail_or_heal(self, identity, mood):
        self.world.upstream.mood[identity] = mood

    @rule(identity=identities, mood=st.sampled_from(REFUSALS))
    def refuse_once(self, identity, mood):
        self.world.upstream.refuses_once[identity] = mood

    @rule(identity=identities, is_slow=st.booleans(), tells_late=st.booleans())
    def slow_down_or_speed_up(self, identity, is_slow, tells_late):
        (self.world.upstream.is_slow.add if is_slow else self.world.upstream.is_slow.discard)(identity)
        self.world.upstream.tells_late = tells_late

    @precondition(lambda self: self.world.upstream.running())
    @rule(which=any_of_them)
    def release(self, which):
        running = self.world.upstream.running()
        self.world.let_go([running[which % len(running)]])

    @precondition(lambda self: self.world.upstream.running())
    @rule()
    def release_all(self):
        self.world.let_go(self.world.upstream.running())

    # What chance brings about too seldom.

    @rule(which=replicas, identity=identities, question=questions, seconds=st.sampled_from([10.5, 20.5, 31]))
    def read_slowly_and_ask_again_when_stale(self, which, identity, question, seconds):
        self.slow_down_or_speed_up(identity, is_slow=True, tells_late=False)
        self.ask_for_whatever_there_is(which, identity, question)
        self.pass_by(1.1)
        self.change_truth(identity, {"summaries", "G1"}, set())
        self.release_all()
        self.leap(seconds)
        self.ask_for_whatever_there_is(which, identity, question)

    @rule(which=replicas, identity=identities, question=questions)
    def refuse_one_while_another_is_read(self, which, identity, question):
        self.slow_down_or_speed_up(identity, is_slow=True, tells_late=False)
        self.ask_for_whatever_there_is(which, identity, question)
        self.pass_by(0.3)
        self.slow_down_or_speed_up(identity, is_slow=False, tells_late=False)
        self.refuse_once(identity, REFUSALS[0])
        self.world.begin(which, identity, ("whole_invoice_by_id", ("G0",)))
        self.pass_by(1.1)
        self.release_all()
        self.pass_by(2.5)
        self.ask_for_whatever_there_is(which, identity, question)

    # What time does.

    @rule(seconds=st.sampled_from([0.3, 1.1, 2.5, 4.9]))
    def pass_by(self, seconds):
        self.world.loop.advance(seconds)

    @rule(seconds=st.sampled_from([5.5, 10, 20, 31, 60, 110, 185]))
    def leap(self, seconds):
        self.world.store.trouble()
        self.world.stalled_s = self.world.loop.time() + seconds
        self.world.loop.stall(seconds)

    # What the store, a clock and a process do.

    @rule(which=replicas, mood=st.sampled_from([WELL, WELL, DEAD, FULL]), lag_s=st.sampled_from([0.0, 0.0, 0.2]))
    def change_the_way_to_the_store(self, which, mood, lag_s):
        self.world.store.trouble()
        self.world.replicas[which].way.mood = mood
        self.world.replicas[which].way.lag_s = lag_s

    @rule(which=replicas, how=st.sampled_from(["flush", "memory", "close", "kill", *GARBAGE, *SKEWS_S]))
    def upset(self, which, how):
        if how == "flush":
            self.world.store.flush()
        elif how == "memory":
            self.world.replicas[which].memory.lose_all()
        elif how in ("close", "kill"):
            self.world.end(which, is_killed=how == "kill")
        elif how in SKEWS_S:
            self.world.skews_s.add(how)
            self.world.replicas[1].skew_s = how
        else:
            self.world.store.put_garbage(how)

    # What is watched.

    @invariant()
    def nothing_is_wrong(self):
        self.world.check()

    def teardown(self):
        self.world.end_all()


@pytest.fixture
def _turned_time(monkeypatch):
    monkeypatch.setattr("gateway.cache.replicas.log", Mock())  # It warns of garbage, some thousand times.
    for module in ("operation", "shared_calls", "cache.lease"):
        monkeypatch.setattr(f"gateway.{module}.time", as_monotonic_clock())


@pytest.mark.untraced
@pytest.mark.usefixtures("_turned_time")
def test_what_is_served_was_true_and_is_no_older_than_it_says():
    examples = int(os.environ.get("MACHINE_EXAMPLES", "0"))
    run_state_machine_as_test(
        MachineOfTruth,
        settings=settings(
            max_examples=examples or 60,
            stateful_step_count=80,
            derandomize=not examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # Making a failure smaller takes minutes.
        ),
    )
