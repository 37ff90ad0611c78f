"""One process's loaders and cache over the machine's upstream and store, and the operations that ask them."""

import asyncio
import dataclasses

from gateway.cache import BoundedMemoryCache, ReadThroughCache, Replicas, Stock
from gateway.caller import Caller
from gateway.freshness import CacheControl, Windows
from gateway.loaders import Loaders
from gateway.operation import Budget, Deadline, Operation
from gateway.readings import Lifetimes
from tests.fakes import scope
from tests.machine.moody_store import WayToStore
from tests.machine.moody_upstream import EPOCH_S, ReplicaSource

DEADLINE_S = 10.0
# Nobody waits longer for a look into the store: a command, and one more where it holds garbage.
STORE_S = 0.5
LIFETIMES = Lifetimes(
    summaries=Windows(10, 20, 100),
    collection=Windows(20, 10, 200),
    invoice=Windows(30, 30, 150),
    not_found=Windows(5, 0, 50),
)


@dataclasses.dataclass
class Ask:
    """One operation that loads some keys by one loader, and when it did.

    Attributes:
        outcomes: an answer or an error for each key; None while it waits, and for good if its asker leaves.
        slack_s: by how much clocks differed at most, up to its end.
        was_stopped: whether the process stood still meanwhile.
        was_kept: what its process had in memory at its beginning.
    """

    number: int
    replica: "WatchedReplica"
    identity: str
    loader: str
    keys: tuple
    control: CacheControl
    asked_s: float
    asked_turn: int
    operation: Operation | None = None
    outcomes: list | None = None
    done_s: float | None = None
    slack_s: float = 0.0
    was_stopped: bool = False
    was_kept: dict = dataclasses.field(default_factory=dict)
    task: asyncio.Task | None = None

    @property
    def is_waiting(self):
        return not self.task.done()

    def has_been_kept(self, key):
        """Whether memory had an answer from its beginning up to the step in which it ended."""
        return key in self.was_kept and key in self.replica.was_kept

    @property
    def is_lone(self):
        """Whether it needs one answer, under one key."""
        return len(self.keys) == 1 and self.loader in ("invoice_summaries", "whole_invoice_by_id")

    @property
    def is_judged_at_its_end(self):
        """Whether ages are said as of its end; else as of its beginning.

        What is found for one key is judged before others are waited for.
        """
        return self.is_lone and not self.was_stopped


class WatchedMemory(BoundedMemoryCache):
    def kept(self):
        """Every entry by its key."""
        return dict(self._entries)

    def lose_all(self):
        for key in self.kept():
            self._remove(key)

    def is_within_bounds(self):
        return self.size_bytes == sum(entry.size_bytes for entry in self._entries.values()) <= self._max_bytes


class WatchedCache(ReadThroughCache):
    def running(self):
        """How many calls run that may be joined."""
        return len(self._calls)


class WatchedReplica:
    """A process.

    Attributes:
        name: unique among all that ever ran.
        skew_s: by how much its clock is ahead of the machine's.
        was_kept: what its memory held when the machine's last step ended.
    """

    def __init__(self, name, loop, upstream, store, max_bytes):
        self.name = name
        self.skew_s = 0.0
        self._loop = loop
        self.way = WayToStore(store, name)
        self.memory = WatchedMemory(max_bytes)
        self.cache = WatchedCache(Stock(self.memory, Replicas(self.way, self.now_s), self.now_s))
        self.was_kept = {}
        self._source = ReplicaSource(upstream, name)

    def now_s(self):
        return EPOCH_S + self._loop.time() + self.skew_s

    def ask(self, asked, calls, done):
        """Begin an operation; `done` is called in the moment in which it has all its answers."""

        asked.was_kept = self.memory.kept()

        async def run():
            asked.operation = Operation(
                caller=Caller(scope(asked.identity), "secret-token"),
                correlation_id=str(asked.number),
                deadline=Deadline.after(DEADLINE_S),
                budget=Budget(calls),
                cache_control=asked.control,
            )
            loaders = Loaders(self._source, self.cache, LIFETIMES, asked.operation)
            load = getattr(loaders, asked.loader).load
            asked.outcomes = await asyncio.gather(*map(load, asked.keys), return_exceptions=True)
            done(asked)

        asked.task = self._loop.create_task(run())
