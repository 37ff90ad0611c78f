"""What a soak watches beside the answers: memory as it goes, upstream calls, and what is held before and after."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import httpx

from tests.process_memory import MIB
from tests.soak.gateways import SoakGateway

_EVERY_S = 2.0
_QUIET_WITHIN_S = 90.0
# aiocache's pool of Redis connections keeps what it has opened: as many as there are commands at once, and a ping's.
_MOST_REDIS_CONNECTIONS = 17

# Counts that are as before when all is quiet; of the others only a bound is known, or nothing.
SAME_AFTER = ("tasks", "shared calls", "turns", "turns and waits for one", "pool slots taken", "lanes")
NONE_AFTER = ("connections of callers", "connections to upstream", "connections to others")


class Memory:
    """Resident memory of gateways, as it goes.

    Args:
        gateways: that are watched.
    """

    def __init__(self, gateways: Sequence[SoakGateway]) -> None:
        self._gateways = gateways
        self._series: dict[str, list[int]] = {gateway.name: [] for gateway in gateways}

    async def watch(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            for gateway in self._gateways:
                self._series[gateway.name].append(gateway.resident_bytes())
            await asyncio.sleep(_EVERY_S)

    def mib(self, gateway: str, begin: float, end: float) -> float:
        """The least between two parts of the time, 0 to 1: what a hostile answer takes for a moment is no leak."""
        series = self._series[gateway]
        first = min(int(len(series) * begin), len(series) - 1)
        return min(series[first : max(first + 1, int(len(series) * end))]) / MIB


class UpstreamCalls:
    """How many calls the sandbox was sent, by resource; what comes between two looks and their reset is lost.

    Args:
        url: of the sandbox.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.counts: Counter[str] = Counter()

    async def watch(self, until_s: float) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as http:
            while True:
                is_last = time.monotonic() >= until_s
                requests = (await http.get("/_sandbox/requests")).json()["requests"]
                await http.delete("/_sandbox/requests")
                for request in requests:
                    self.counts[_resource(request["path"])] += 1
                if is_last:
                    return
                await asyncio.sleep(min(5.0, max(0.0, until_s - time.monotonic())))


def _resource(path: str) -> str:
    if path in ("/v1/invoices", "/v1/invoices/summaries"):
        return path
    return "/v1/invoices/{id}" if path.startswith("/v1/invoices/") else "others"


def held(gateway: SoakGateway, peers: dict[int, str]) -> Counter[str]:
    """All that a gateway holds, seen from inside and outside."""
    return gateway.files(peers) + Counter(gateway.held())


def leaks(before: Counter[str], now: Counter[str]) -> list[str]:
    """What is held that was not; before and now the gateway is idle."""
    found = [f"{name}: {before[name]}, then {now[name]}" for name in SAME_AFTER if now[name] > before[name]]
    found += [f"{name}: {now[name]}" for name in NONE_AFTER if now[name]]
    if now["connections to redis"] > _MOST_REDIS_CONNECTIONS:
        found.append(f"connections to redis: {now['connections to redis']}")
    if now["other files"] > before["other files"]:
        found.append(f"other files: {before['other files']}, then {now['other files']}")
    return found


async def quiet(gateway: SoakGateway, peers: dict[int, str], before: Counter[str] | None) -> Counter[str]:
    """What an idle gateway holds, once that is no more than before, or has not become so within a minute and a half.

    Connections that are not used any more are closed after some fifteen seconds.
    """
    until_s = time.monotonic() + _QUIET_WITHIN_S
    while True:
        now = await asyncio.to_thread(held, gateway, peers)
        if not leaks(before or now, now) or time.monotonic() > until_s:
            return now
        await asyncio.sleep(1)
