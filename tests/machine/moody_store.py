"""The store that two replicas share, in memory, with each one's own way to it: broken, slow or full as it is told."""

import asyncio

WELL, DEAD, FULL = "well", "dead", "full"


class SharedStore:
    """What the store holds.

    Attributes:
        values: bytes by key, with the moment that each ends.
        troubled_turn: when something last happened to it that no store should do.
        forgot: told of the keys that a replica has just deleted.
    """

    def __init__(self, loop, turn):
        self._loop = loop
        self._turn = turn
        self.values = {}
        self.troubled_turn = 0
        self.forgot = lambda _replica, _keys: None

    def trouble(self):
        self.troubled_turn = self._turn()

    def get(self, key):
        value, ends_at_s = self.values.get(key, (None, 0.0))
        return value if ends_at_s > self._loop.time() else None

    def put(self, key, value, ttl_s):
        self.values[key] = (value, self._loop.time() + ttl_s)

    def left_s(self, key):
        return self.values[key][1] - self._loop.time()

    def flush(self):
        self.values.clear()
        self.trouble()

    def put_garbage(self, garbage):
        """Under every key of theirs."""
        for key in self.values:
            self.put(key, garbage, 1_000.0)
        self.trouble()


class WayToStore:
    """The store as one replica has it: `ReplicaStore`, which never raises.

    Attributes:
        mood: WELL, DEAD (no command gets there) or FULL (no write does).
        lag_s: what a command takes.
    """

    def __init__(self, store, replica):
        self._store = store
        self._replica = replica
        self.mood = WELL
        self.lag_s = 0.0

    async def get_many(self, keys, *, is_long=False):  # noqa: ARG002 — nothing takes longer here.
        found = await self._ask(lambda: [self._store.get(key) for key in keys])
        return [None] * len(keys) if found is None else found

    async def set(self, key, value, ttl_s):
        await self._ask(lambda: self._store.put(key, value, ttl_s), is_write=True)

    async def set_if_absent(self, key, value, ttl_s):
        def command():
            if self._store.get(key):
                return False
            self._store.put(key, value, ttl_s)
            return True

        return await self._ask(command, is_write=True)

    async def delete(self, keys):
        def command():
            for key in keys:
                self._store.values.pop(key, None)
            self._store.forgot(self._replica, keys)

        await self._ask(command)

    async def take_lease(self, key, token, ttl_s):
        def command():
            holder = self._store.get(key)
            if holder not in (None, token.encode()) and self._store.left_s(key) <= ttl_s + 1e-6:  # Floats add up.
                return False
            self._store.put(key, token.encode(), ttl_s)
            return True

        return await self._ask(command, is_write=True)

    async def give_back_lease(self, key, token):
        def command():
            if self._store.get(key) == token.encode():
                del self._store.values[key]

        await self._ask(command)

    async def ping(self):
        return self.mood is not DEAD

    async def close(self):
        pass

    async def _ask(self, command, *, is_write=False):
        """The answer, or None. A caller's leaving stops no command that is on its way, as in the real store."""
        return await asyncio.shield(asyncio.ensure_future(self._run(command, is_write=is_write)))

    async def _run(self, command, *, is_write):
        await asyncio.sleep(self.lag_s / 2)
        answer = None if self.mood is DEAD or (is_write and self.mood is FULL) else command()
        await asyncio.sleep(self.lag_s / 2)
        return answer
