"""Two processes, their upstream and their store, and everything that is said against what they do."""

import asyncio

from gateway.freshness import ANY_AGE
from tests.machine.moody_store import DEAD, WELL, SharedStore
from tests.machine.moody_upstream import MoodyUpstream
from tests.machine.served_truth import Refusal, numbers, problems
from tests.machine.turned_loop import TurnedLoop
from tests.machine.watched_replica import DEADLINE_S, Ask, WatchedReplica


class WatchedWorld:
    """What a machine's rules act on.

    Attributes:
        problems: what was wrong so far.
        max_bytes: what a process may keep.
        skews_s: every second that a clock was ever ahead.
        stalled_s: when the processes last stood still.
    """

    def __init__(self, identities):
        self.loop = TurnedLoop()
        self.turns = 0
        self.asks = []
        self.refusals = []
        self.problems = []
        self.skews_s = {0.0}
        self.upstream = MoodyUpstream(self.loop, identities, self.turn)
        self.upstream.began = self.began
        self.upstream.refused = self.refused
        self.store = SharedStore(self.loop, self.turn)
        self.store.forgot = self.forgot
        self.started = 0
        self.stalled_s = 0.0
        self.replicas = []
        self.max_bytes = 0

    def turn(self):
        self.turns += 1
        return self.turns

    def new_replica(self):
        self.started += 1
        return WatchedReplica(f"replica-{self.started}", self.loop, self.upstream, self.store, self.max_bytes)

    def begin(self, which, identity, question, control=ANY_AGE, calls=120):
        ask = Ask(len(self.asks), self.replicas[which], identity, *question, control, self.loop.time(), self.turn())
        self.asks.append(ask)
        ask.replica.ask(ask, calls, self.done)

    def let_go(self, calls):
        for call in calls:
            if not call.gate.done():
                call.gate.set_result(None)
        self.loop.settle()

    def end(self, which, *, is_killed):
        ended = self.replicas[which]
        if is_killed:  # Nothing that it does from now on is seen by anybody.
            self.store.trouble()
            ended.way.mood = DEAD
        for ask in self.waiting():
            if ask.replica is ended:
                ask.task.cancel()
        self.run(ended.cache.close())
        self.replicas[which] = self.new_replica()

    def waiting(self):
        return [ask for ask in self.asks if ask.is_waiting]

    def done(self, ask):
        ask.done_s = self.loop.time()
        ask.slack_s = max(self.skews_s) - min(self.skews_s)
        ask.was_stopped = self.stalled_s > ask.asked_s
        self.problems.extend(problems(ask, self))

    def began(self, call):
        if self.asks[int(call.operation.correlation_id)].control.only_if_cached:
            self.problems.append(f"{call.thing} was called for against only-if-cached")
        for other in self.upstream.running():
            if (other.identity, other.thing) == (call.identity, call.thing):
                is_same = other.replica == call.replica
                is_well = all(each.way.mood is WELL for each in self.replicas)
                if self.is_refused_since(other):
                    continue  # Whoever comes after a refusal does not join a call from before it.
                if is_same or (is_well and self.store.troubled_turn < other.began_turn):
                    self.problems.append(f"{call.thing} was called for twice at once")

    def is_refused_since(self, call):
        return any(each.identity == call.identity and each.turn > call.began_turn for each in self.refusals)

    def refused(self, call):
        self.refusals.append(Refusal(call.replica, call.identity, self.turn()))

    def forgot(self, replica, keys):
        """The store has been told of a refusal."""
        for refusal in self.refusals:
            if (
                refusal.held is None
                and refusal.replica == replica
                and any(f":{refusal.identity}:" in key for key in keys)
            ):
                refusal.held = {each.name: self.held(each) for each in self.replicas}

    @staticmethod
    def held(replica):
        return set().union(*(numbers(entry.value) for entry in replica.memory.kept().values()))

    def run(self, work):
        task = self.loop.create_task(work)
        self.loop.settle()
        self.loop.advance(2)
        assert task.done()

    def end_all(self):
        """Everybody gets an answer, and nothing stays behind."""
        self.upstream.is_slow.clear()
        self.let_go(self.upstream.running())
        self.loop.advance(DEADLINE_S + 2)
        try:
            assert not self.problems, self.problems
            assert self.waiting() == []
            assert [replica.cache.running() for replica in self.replicas] == [0] * len(self.replicas)
            for replica in self.replicas:
                self.run(replica.cache.close())
            assert asyncio.all_tasks(self.loop) == set()
        finally:
            self.loop.close()

    def check(self):
        """What holds after every step."""
        assert not self.problems, self.problems
        for replica in self.replicas:
            assert replica.memory.is_within_bounds()
            replica.was_kept = replica.memory.kept()
        # The store takes some commands' time, and who was stopped is late.
        assert [
            ask for ask in self.waiting() if self.loop.time() > max(ask.asked_s + DEADLINE_S, self.stalled_s) + 1.5
        ] == []
