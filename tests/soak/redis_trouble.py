"""Trouble with Redis, drawn from a seed: one at a time, each for some seconds."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable

import redis

from tests.redis_garbage import GARBAGE, replace_all
from tests.redis_server import RedisServer


class RedisTrouble:
    """Trouble coming and going.

    Args:
        server: the Redis that the gateways share.
        draw: decides.

    Attributes:
        now: the kind of the trouble that there is; empty for none.
        counts: how often each kind came.
    """

    def __init__(self, server: RedisServer, draw: random.Random) -> None:
        self._server = server
        self._draw = draw
        self.now = ""
        self.counts: Counter[str] = Counter()

    async def come_and_go(self, until_s: float) -> None:
        kinds = self._kinds()
        while (left_s := until_s - time.monotonic()) > 0:
            await asyncio.sleep(min(left_s, self._draw.uniform(2, 15)))
            self.now = self._draw.choice([*kinds])
            self.counts[self.now] += 1
            begin, end = kinds[self.now]
            await asyncio.to_thread(begin)
            await asyncio.sleep(self._draw.uniform(0.5, 6))
            await asyncio.to_thread(end)
            self.now = ""

    def _kinds(self) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
        """How each begins, and how it ends."""
        return {
            "frozen": (self._server.freeze, self._server.thaw),
            "killed": (self._server.stop, self._server.start),
            "full": (lambda: self._config("maxmemory", 1), lambda: self._config("maxmemory", 0)),
            "emptied": (self._empty, lambda: None),
            "garbage": (self._put_garbage, lambda: None),
        }

    def _direct(self) -> redis.Redis:
        return redis.Redis(port=self._server.port)

    def _config(self, name: str, value: int) -> None:
        with self._direct() as direct:
            direct.config_set(name, value)

    def _empty(self) -> None:
        with self._direct() as direct:
            direct.flushall()

    def _put_garbage(self) -> None:
        with self._direct() as direct:
            replace_all(direct, [*GARBAGE])
