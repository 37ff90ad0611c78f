"""The soak's callers: each asks, reads or leaves, thinks, and asks again."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.soak.model import Asked, Model
from tests.soak.queries import Query

# No answer takes so long; a caller that waited for it is a violation.
_PATIENCE_S = 60.0
# Shorter than the gateway's: a request never meets a connection that is just being closed.
_KEEP_ALIVE_S = 5.0
_LONGEST_THOUGHT_S = 0.3
_LEAVING_PART = 0.06
_BURST_PART = 0.005
_BURST = 25
_CACHE_CONTROLS = {"": 82, "max-stale=0": 4, "no-cache": 4, "only-if-cached": 5, "max-age=5": 3, "max-stale=5": 2}


class Callers:
    """Callers of all partners at all gateways.

    Args:
        urls: of the gateways, by name.
        tokens: by partner.
        queries: by partner.
        model: judges answers.

    Attributes:
        outcomes: how often each shape of query had each outcome.
        took_s: of answers by shape, of those that were promised under "promised".
        promised_count: requests that had to be answered whole.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        tokens: Mapping[str, str],
        queries: Mapping[str, Sequence[Query]],
        model: Model,
    ) -> None:
        self._urls = urls
        self._tokens = tokens
        self._model = model
        self._by_shape: dict[str, dict[str, list[Query]]] = {}
        for partner, all_of_it in queries.items():
            shapes = self._by_shape.setdefault(partner, {})
            for query in all_of_it:
                shapes.setdefault(query.shape, []).append(query)
        self._http: aiohttp.ClientSession | None = None
        self.outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.took_s: defaultdict[str, list[float]] = defaultdict(list)
        self.promised_count = 0

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            timeout=aiohttp.ClientTimeout(total=_PATIENCE_S),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._http is not None
        await self._http.close()

    async def ask_on(self, draw: random.Random, until_s: float) -> None:
        """One caller."""
        while time.monotonic() < until_s:
            partner = draw.choice([*self._by_shape])
            query = draw.choice(self._by_shape[partner][draw.choice([*self._by_shape[partner]])])
            (cache_control,) = draw.choices([*_CACHE_CONTROLS], [*_CACHE_CONTROLS.values()])
            gateway = draw.choice([*self._urls])
            leaves_after_s = draw.uniform(0, 0.5) if draw.random() < _LEAVING_PART else None
            at_once = _BURST if draw.random() < _BURST_PART else 1
            await asyncio.gather(
                *(self.ask(gateway, partner, query, cache_control, leaves_after_s) for _ in range(at_once))
            )
            await asyncio.sleep(draw.uniform(0, _LONGEST_THOUGHT_S))

    async def ask(
        self,
        gateway: str,
        partner: str,
        query: Query,
        cache_control: str = "",
        leaves_after_s: float | None = None,
    ) -> str:
        """The outcome of one request."""
        asked = Asked(gateway, partner, query, cache_control, time.monotonic())
        is_promised = self._model.is_promised(asked)
        try:
            async with asyncio.timeout(leaves_after_s):
                status, body = await self._post(asked)
        except TimeoutError:
            if leaves_after_s is None:
                self._model.violate(f"no answer within {_PATIENCE_S} s", asked)
            outcome = "left" if leaves_after_s is not None else "wrong"
        except aiohttp.ClientError as error:
            self._model.violate(f"no answer: {type(error).__name__}", asked)
            outcome = "wrong"
        else:
            took_s = time.monotonic() - asked.began_s
            outcome = self._model.judge(asked, status, body, _read(body), is_promised=is_promised)
            self.promised_count += is_promised
            for kind in (query.shape, "promised") if is_promised else (query.shape,):
                self.took_s[kind].append(took_s)
        self.outcomes[query.shape][outcome] += 1
        return outcome

    async def _post(self, asked: Asked) -> tuple[int, bytes]:
        assert self._http is not None
        headers = {"Authorization": f"Bearer {self._tokens[asked.partner]}"}
        if asked.cache_control:
            headers["Cache-Control"] = asked.cache_control
        # Most of the table's codes have a status of their own in this media type only.
        headers["Accept"] = "application/graphql-response+json"
        async with self._http.post(
            f"{self._urls[asked.gateway]}/graphql",
            json={"query": asked.query.document, "variables": asked.query.variables},
            headers=headers,
        ) as response:
            return response.status, await response.read()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
