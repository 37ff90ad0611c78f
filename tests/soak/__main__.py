"""A soak: two gateways share a Redis, and for minutes upstream and Redis fail in every way there is, by a seed.

`python -m tests.soak --minutes 10 --seed 1`, from the repository's folder, with redis-server installed. Every answer
is judged by a model (`model`). When it is over and all is well again, each query is answered rightly and newly, and
the gateways hold no more than before: no task, connection, pool slot, turn or memory. It tells what happened, and exits
with 1 where anything was wrong. Faults and queries are drawn from the seed; their moments are the machine's.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from gateway.sandbox.partners import partner_label
from tests.e2e.waiting import in_flight
from tests.soak.callers import Callers
from tests.soak.gateways import SoakGateway
from tests.soak.model import Model
from tests.soak.observations import Memory, UpstreamCalls, leaks, quiet
from tests.soak.queries import Query
from tests.soak.redis_trouble import RedisTrouble
from tests.soak.report import counts_table, held_table, outcomes_table, table, times_table
from tests.soak.stage import CALL_S, DEADLINE_S, Stage, stage
from tests.soak.truths import read_truths
from tests.soak.upstream_faults import MARK, UpstreamFaults

# An answer comes at the deadline at the latest; the machine may be busy.
_LONGEST_S = DEADLINE_S + 5.0
# What is read while upstream refuses a partner is not kept; the longest call may have begun then.
_SETTLE_S = CALL_S + 2.0
_TOKENS = {f"partner {number}": f"soak-token-{number}" for number in range(1, 7)}
_WINDOWED = frozenset(("partner 5", "partner 6"))
_CALLERS = 16
_HEALS_WITHIN_S = 60.0
# Memory grows in steps until the worst of all bodies has come at once in every thread (the C library keeps what it
# once had), and with what is kept. A leak of each request or fault grows on to the end.
_LATE = (0.65, 0.75)
_MOST_GROWTH_MIB = 6.0
_SHORTEST_TO_JUDGE_MEMORY_S = 300
_PARTS_OF_TIME = ((0, 0.1), (0.25, 0.35), (0.5, 0.6), _LATE, (0.8, 0.9), (0.9, 1))


async def soak(on: Stage, folder: Path, seconds: float, seed: int) -> int:
    """The number of violations."""
    print(f"seed {seed}, {seconds:.0f} s, {_CALLERS} callers of {len(_TOKENS)} partners; reading what is true")
    queries, truths = await read_truths(_TOKENS, _WINDOWED, on.sandbox.url, folder / "reading.log")
    model = Model(truths, settle_s=_SETTLE_S, longest_s=_LONGEST_S, secrets=[MARK, *_TOKENS.values()])
    # What is opened once for all is open before it is counted. Not the same question at both: they share answers.
    async with Callers(on.urls, _TOKENS, queries, model) as first:
        for number, name in enumerate(on.urls):
            for partner in _TOKENS:
                await first.ask(name, partner, queries[partner][number])
    before = {gateway.name: await quiet(gateway, on.peers, None) for gateway in on.gateways}

    print("faults begin", flush=True)
    labels = {partner: partner_label(token) for partner, token in _TOKENS.items()}
    send_signal = on.sandbox.popen.send_signal
    faults = UpstreamFaults(on.control, send_signal, labels, model, random.Random(f"{seed}:upstream"))
    trouble = RedisTrouble(on.redis, random.Random(f"{seed}:redis"))
    memory = Memory(on.gateways)
    calls = UpstreamCalls(on.sandbox.url)
    until_s = time.monotonic() + seconds
    async with Callers(on.urls, _TOKENS, queries, model) as callers:
        await asyncio.gather(
            faults.come_and_go(until_s),
            trouble.come_and_go(until_s),
            memory.watch(until_s),
            calls.watch(until_s),
            *(callers.ask_on(random.Random(f"{seed}:{number}"), until_s) for number in range(_CALLERS)),
        )

    print("faults are over", flush=True)
    model.trouble = "none any more"
    async with Callers(on.urls, _TOKENS, queries, model) as last:
        await _heal(last, on.urls, queries, model)
    after = {gateway.name: await quiet(gateway, on.peers, before[gateway.name]) for gateway in on.gateways}
    hanging = await asyncio.to_thread(in_flight, on.control)
    if hanging:
        model.violate(f"{hanging} upstream calls are still under way")
    for gateway in on.gateways:
        _judge_held(gateway.name, before[gateway.name], after[gateway.name], model)
        if seconds >= _SHORTEST_TO_JUDGE_MEMORY_S:
            _judge_memory(gateway.name, memory, model)
        _judge_end(gateway, model)

    outcomes_table(callers.outcomes)
    times_table(callers.took_s)
    counts_table("Faults upstream", faults.counts)
    counts_table("Trouble with Redis", trouble.counts)
    counts_table("Upstream calls, about", calls.counts)
    for name in on.urls:
        held_table(f"Held by gateway {name} when idle", before[name], after[name])
    rows = [(name, *(f"{memory.mib(name, *part):.1f}" for part in _PARTS_OF_TIME)) for name in on.urls]
    head = ("", *(f"{begin:.0%}-{end:.0%}" for begin, end in _PARTS_OF_TIME))
    table("Memory in MiB, the least in parts of the time", head, rows)
    print(f"\n{callers.promised_count} answers were promised whole; {model.violation_count} violations; seed {seed}")
    for violation in model.violations:
        print(f"seed {seed}, {violation}")
    return model.violation_count


async def _heal(callers: Callers, urls: dict[str, str], queries: dict[str, list[Query]], model: Model) -> None:
    """Each query is answered newly once faults are over; upstream may want to be left alone for a while before."""
    until_s = time.monotonic() + _HEALS_WITHIN_S
    at_once = asyncio.Semaphore(_CALLERS)

    async def heal(gateway: str, partner: str, query: Query) -> None:
        while True:
            async with at_once:
                if time.monotonic() > until_s:
                    model.violate(f"{query.name} of {partner} at gateway {gateway} does not heal")
                    return
                if await callers.ask(gateway, partner, query, "max-stale=0") == "fresh":
                    return
            await asyncio.sleep(1)

    await asyncio.gather(
        *(heal(gateway, partner, query) for gateway in urls for partner in queries for query in queries[partner])
    )


def _judge_held(gateway: str, before: Counter[str], after: Counter[str], model: Model) -> None:
    for leak in leaks(before, after):
        model.violate(f"gateway {gateway} holds more than before: {leak}")


def _judge_memory(gateway: str, memory: Memory, model: Model) -> None:
    growth_mib = memory.mib(gateway, 0.9, 1) - memory.mib(gateway, *_LATE)
    if growth_mib > _MOST_GROWTH_MIB:
        model.violate(f"gateway {gateway} has grown by {growth_mib:.1f} MiB at last")


def _judge_end(gateway: SoakGateway, model: Model) -> None:
    code = gateway.stop()
    if code:
        model.violate(f"gateway {gateway.name} ended with {code}")
    for line in gateway.log.read_text(encoding="utf-8").splitlines():
        if any(text in line for text in (MARK, *_TOKENS.values(), "Traceback", '"level": "error"')):
            model.violate(f"gateway {gateway.name} logs: {line[:2000]}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Two gateways under faults for minutes.")
    parser.add_argument("--minutes", type=float, default=10, help="how long faults last (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="draws faults and queries (%(default)s)")
    options = parser.parse_args()
    program = shutil.which("redis-server")
    if program is None:
        print("redis-server is not installed", file=sys.stderr)
        return 2
    # Ended early, it leaves no process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder), program) as on:
        return 1 if asyncio.run(soak(on, Path(folder), options.minutes * 60, options.seed)) else 0


if __name__ == "__main__":
    sys.exit(main())
