"""Callers in a closed loop, in a process of their own: raw HTTP/1.1 over asyncio, so that the server does most work.

Run as `python -m tests.benchmarks.callers`: reads a `Job` as JSON from its input, prints an `Outcome` as JSON. Each
caller has one connection and asks again as soon as it is answered. Requests under way at the end of a phase are waited
for and counted, so the server's CPU time is of just the requests that are counted.
"""

import asyncio
import itertools
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from typing_extensions import override

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Job(msgspec.Struct):
    """What is to be done.

    Attributes:
        port: on loopback, of the server.
        pid: of the server.
        headers: of every request.
        bodies: of requests, in turn, again from the first after the last.
        known: the answers to the first of them; a further one's is what it is answered first.
        connections: callers at once.
        warm_up_s: time before it is measured.
        seconds: for which it is measured.
    """

    port: int
    pid: int
    headers: dict[str, str]
    bodies: list[str]
    known: list[str]
    connections: int
    warm_up_s: float
    seconds: float


class Outcome(msgspec.Struct):
    """How it went.

    Attributes:
        count: of requests answered.
        failed: of those, not with 200 or not with what is known for their request.
        elapsed_s: from the first request to the last answer.
        server_cpu_s: of the server in that time, to a hundredth of a second.
        p50_s: half of the answers did not take longer.
        p99_s: 99 of 100 did not.
    """

    count: int
    failed: int
    elapsed_s: float
    server_cpu_s: float
    p50_s: float
    p99_s: float


def cpu_s(pid: int) -> float:
    """Of all threads of a process so far, user and system (proc(5), /proc/pid/stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class Connection(asyncio.Protocol):
    """One caller's."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[tuple[bytes, bytes]]:
        """Status line and body."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        end_of_head = self._received.find(b"\r\n\r\n")
        if end_of_head < 0 or self._answer is None:
            return
        found = _LENGTH.search(self._received, 0, end_of_head + 2)
        if found is None:
            self._answer.set_exception(ConnectionError("an answer without length"))
            return
        end = end_of_head + 4 + int(found[1])
        if len(self._received) >= end:
            head, body = bytes(self._received[:end_of_head]), bytes(self._received[end_of_head + 4 : end])
            self._received.clear()
            self._answer.set_result((head.partition(b"\r\n")[0], body))

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed"))


class Callers:
    def __init__(self, job: Job) -> None:
        self._job = job
        head = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        self._requests = [
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
            for body in job.bodies
        ]
        self._known = {turn: answer.encode() for turn, answer in enumerate(job.known)}

    async def run(self) -> Outcome:
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(Connection, "127.0.0.1", self._job.port))[1]
            for _ in range(self._job.connections)
        ]
        turns = itertools.cycle(range(len(self._requests)))
        try:
            if self._job.warm_up_s:
                await self._phase(connections, turns, self._job.warm_up_s)
            return await self._phase(connections, turns, self._job.seconds)
        finally:
            for connection in connections:
                connection.transport.abort()

    def _is_as_known(self, turn: int, body: bytes) -> bool:
        known = self._known.get(turn)
        if known is None:
            self._known[turn] = body
            return b'"errors":' not in body
        return body == known

    async def _phase(self, connections: list[Connection], turns: Iterator[int], seconds: float) -> Outcome:
        took_s: list[float] = []
        failed = 0

        async def call(connection: Connection) -> None:
            nonlocal failed
            while time.monotonic() < until_s:
                turn = next(turns)
                at_s = time.perf_counter()
                status, body = await connection.ask(self._requests[turn])
                took_s.append(time.perf_counter() - at_s)
                failed += not (status.endswith(b" 200 OK") and self._is_as_known(turn, body))

        cpu_before_s, begun_s = cpu_s(self._job.pid), time.monotonic()
        until_s = begun_s + seconds
        await asyncio.gather(*map(call, connections))
        elapsed_s, used_s = time.monotonic() - begun_s, cpu_s(self._job.pid) - cpu_before_s
        took_s.sort()
        p50_s, p99_s = (took_s[int(len(took_s) * part)] for part in (0.5, 0.99))
        return Outcome(len(took_s), failed, elapsed_s, used_s, p50_s, p99_s)


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Callers(job).run())))


if __name__ == "__main__":
    main()
