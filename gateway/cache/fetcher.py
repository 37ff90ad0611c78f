"""Reads answers from upstream and keeps them: what the calls do that are shared."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from gateway.arriving import Arriving
from gateway.cache.entry import Entry
from gateway.cache.reading import Reading
from gateway.cache.replicas import Replicas
from gateway.cache.stock import Fetch, Stock
from gateway.caller import Scope
from gateway.errors import GatewayError
from gateway.freshness import COVERED
from gateway.operation import Operation
from gateway.shared_calls import Told


class Fetcher:
    """Has entries of what upstream says now.

    Args:
        stock: where they are kept.
        drop: forgets what is kept for a scope that upstream has refused.
    """

    def __init__(self, stock: Stock, drop: Callable[[Scope], Awaitable[None]]) -> None:
        self._stock = stock
        self._drop = drop
        self._batches: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Returns when all that were read together have ended; each of them has been cancelled."""
        await asyncio.gather(*self._batches, return_exceptions=True)

    async def entry(self, operation: Operation, reading: Reading[Any]) -> Entry:
        """The entry as another has just made it, or as upstream has it now."""
        with self._stock.fetching(reading.key) as fetch:
            made = self._just_made(reading, operation)
            if made is not None:
                return made
            if self._stock.replicas is None:
                return await self._fetch(reading, operation, fetch)
            return await self._fetch_for_all(self._stock.replicas, reading, operation, fetch)

    def entries(
        self, operation: Operation, readings: Sequence[Reading[Any]], told: Told[Entry]
    ) -> Callable[[int], None] | None:
        """The same for answers of one kind, read together.

        Args:
            operation: on whose account.
            readings: how to read each.
            told: of each, by its place.

        Returns:
            What leaves one by its place; None where each has to be read by itself.
        """
        together = readings[0].together
        # One alone has a task of its own either way.
        if together is None or len(readings) == 1 or self._stock.replicas is not None:
            return None
        arriving = together(operation, [reading.key.id for reading in readings])
        if arriving is None:
            return None
        batch = asyncio.create_task(self._read_together(operation, readings, arriving, told))
        self._batches.add(batch)
        batch.add_done_callback(self._batches.discard)
        return arriving.leave

    async def _read_together(
        self, operation: Operation, readings: Sequence[Reading[Any]], arriving: Arriving[Any], told: Told[Entry]
    ) -> None:
        stock = self._stock
        try:
            with stock.fetching(*[reading.key for reading in readings]) as fetch:
                for place, reading in enumerate(readings):
                    made = self._just_made(reading, operation)
                    if made is not None:
                        arriving.leave(place)
                        told(place, made)
                read_at_s = stock.clock()
                async with aclosing(arriving.arrivals()) as arrived:
                    async for place, answer in arrived:
                        told(place, await self._outcome(readings[place], operation, fetch, answer, read_at_s))
        except BaseException as error:
            for place in range(len(readings)):
                told(place, error)
            if not isinstance(error, Exception):
                raise

    async def _outcome(
        self, reading: Reading[Any], operation: Operation, fetch: Fetch, answer: Any, read_at_s: float
    ) -> Entry | Exception:
        """What becomes of an answer, or of the failure in its place."""
        failure: Exception
        if not isinstance(answer, Exception):
            try:
                entry = self._stock.unkept(reading.key, answer, read_at_s, reading.windows(answer))
                return entry or await self._kept(reading, operation, fetch, answer, read_at_s)
            except Exception as error:  # noqa: BLE001 — who waits for it is told.
                failure = error
        else:
            failure = answer
        await self._failed(reading, failure)
        return failure

    async def _fetch_for_all(
        self, replicas: Replicas, reading: Reading[Any], operation: Operation, fetch: Fetch
    ) -> Entry:
        """One call at a time among replicas; who waited for another's takes what it brought."""
        while True:
            held = await replicas.hold_or_wait(reading.key)
            try:
                shelf = await replicas.find([reading.key])
                entry = shelf.entries.get(reading.key)
                if entry is not None and not fetch.is_void and self._stock.is_fresh(reading, entry, operation):
                    await self._stock.take_over(reading.key, entry)
                    return entry
                if held is not None:
                    fetch.generation = shelf.generation or await replicas.begin(reading.key.scope)
                    return await self._fetch(reading, operation, fetch)
            finally:
                if held is not None:
                    await held.release()

    async def _fetch(self, reading: Reading[Any], operation: Operation, fetch: Fetch) -> Entry:
        read_at_s = self._stock.clock()
        try:
            value = await reading.fetch(operation)
            return await self._kept(reading, operation, fetch, value, read_at_s)
        except Exception as error:
            await self._failed(reading, error)
            raise

    async def _kept(
        self, reading: Reading[Any], operation: Operation, fetch: Fetch, value: Any, read_at_s: float
    ) -> Entry:
        return await self._stock.keep(
            reading.key, fetch, value, read_at_s, reading.windows(value), is_wanted_new=operation.cache_control.no_cache
        )

    async def _failed(self, reading: Reading[Any], error: Exception) -> None:
        if not isinstance(error, GatewayError):
            # A fault of ours comes again where it is tried again.
            self._stock.note_failure(reading.key, GatewayError.code)
        elif reading.is_refusal(error):
            await self._drop(reading.key.scope)
        elif isinstance(error, COVERED):
            self._stock.note_failure(reading.key, error.code)

    def _just_made(self, reading: Reading[Any], operation: Operation) -> Entry | None:
        """What another call for the key has brought between the caller's look and this moment."""
        entry = self._stock.entry(reading.key)
        return entry if entry is not None and self._stock.is_fresh(reading, entry, operation) else None
