"""A load of real clients in a closed loop, each of whose answers is compared with what Partner Center holds."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import aiohttp
import httpx

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}

Truth = dict[str, tuple[Decimal, str]]


class Outcome(NamedTuple):
    """How one request went.

    Attributes:
        caller: its number.
        at_s: when it was sent, on the clock of `time.monotonic`.
        took_s: until its whole answer was there.
        failed: why there is no answer; None where there is one.
        wrong: the answer, where it differs from the truth.
    """

    caller: int
    at_s: float
    took_s: float
    failed: str | None = None
    wrong: Any = None


def truth_of(sandbox_url: str) -> Truth:
    """Charges and currency of every invoice by its id, as Partner Center says them."""
    raw = httpx.get(f"{sandbox_url}/v1/invoices", params={"size": 2000}, headers=TOKEN, timeout=60)
    items = json.loads(raw.content.decode("utf-8-sig"), parse_float=Decimal)["items"]
    return {item["id"]: (Decimal(item["totalCharges"]), item["currencyCode"]) for item in items}


def percentile(outcomes: list[Outcome], part: float) -> float:
    """Seconds that this part of the answers did not take longer than."""
    took_s = sorted(outcome.took_s for outcome in outcomes)
    return took_s[min(len(took_s) - 1, int(len(took_s) * part))]


async def load(url: str, truth: Truth, *, callers: int, goes_on: Callable[[], bool], seed: int = 1) -> list[Outcome]:
    """What became of every request of so many callers, who each ask again as soon as they are answered.

    Args:
        url: of the gateway.
        truth: what answers must say; its ids are asked for.
        callers: at once, each with one connection.
        goes_on: false ends it.
        seed: of the choice of queries.
    """
    outcomes: list[Outcome] = []
    connector = aiohttp.TCPConnector(limit=callers)
    async with aiohttp.ClientSession(connector=connector, headers=TOKEN) as http:

        async def call(number: int) -> None:
            draw = random.Random(seed * 1000 + number)
            while goes_on():
                outcomes.append(await _ask(http, f"{url}/graphql", number, draw.sample(sorted(truth), 3), truth))

        await asyncio.gather(*(call(number) for number in range(callers)))
    return outcomes


async def _ask(http: aiohttp.ClientSession, url: str, caller: int, ids: list[str], truth: Truth) -> Outcome:
    fields = " ".join(f'i{at}: invoice(id: "{id_}") {{id totalCharges currencyCode}}' for at, id_ in enumerate(ids))
    at_s = time.monotonic()
    try:
        async with http.post(url, json={"query": f"{{{fields}}}"}, timeout=aiohttp.ClientTimeout(total=30)) as response:
            status, body = response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        return Outcome(caller, at_s, time.monotonic() - at_s, failed=type(error).__name__)
    took_s = time.monotonic() - at_s
    if status != 200:
        return Outcome(caller, at_s, took_s, failed=str(status))
    answer = json.loads(body)
    expected = {f"i{at}": (id_, *truth[id_]) for at, id_ in enumerate(ids)}
    return Outcome(caller, at_s, took_s, wrong=None if _values(answer) == expected else answer)


def _values(answer: Any) -> Any:
    if "errors" in answer:
        return None
    return {
        alias: (invoice["id"], Decimal(invoice["totalCharges"]), invoice["currencyCode"])
        for alias, invoice in answer["data"].items()
    }
