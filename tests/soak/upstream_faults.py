"""Faults upstream, drawn from a seed: each lasts some seconds, up to four at a time, and now and then there is none."""

import asyncio
import base64
import gzip
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.sandbox_control import SandboxControl
from tests.soak.model import Model

MARK = "hostile-upstream-text"
"""Stands in what upstream says wrongly; callers must not see it."""

_MOST_AT_ONCE = 4
_LONGEST_S = 8.0
_PATHS = ["*", "/v1/invoices", "/v1/invoices/summaries", "/v1/invoices/[DG]*"]
_STATUSES = [400, 404, 409, 500, 500, 502, 503, 503, 504]
_BODIES = ["fault", "apim", "aspnet", "html", "empty"]

# None of them is an answer of any resource.
_UNREADABLE: list[dict[str, Any]] = [
    {"raw": f"<html>{MARK}</html>"},
    {"raw": f"<?xml version='1.0'?><a>{MARK}</a>"},
    {"raw": " "},
    {"raw": f'{{"items": [{{"id": "{MARK}'},
    {"raw": f'"{MARK}"'},
    {"raw": "[]"},
    {"raw": "null"},
    {"raw": "{}"},
    {"raw": '{"totalCount": NaN}'},
    {"raw": '{"totalCount": 1, "items": {}, "id": 5}'},
    {"raw": "[" * 100_000},
    {"raw_base64": base64.b64encode('{"totalCount": 0, "items": []}'.encode("utf-16")).decode()},
    {"raw_base64": base64.b64encode(b'{"id": "\xff\xfe", "items": "\xc3"}').decode()},
    {
        "raw_base64": base64.b64encode(gzip.compress(b" " * 64 * 1024**2)).decode(),
        "headers": {"Content-Encoding": "gzip"},
    },
]


class Fault(NamedTuple):
    """Something that goes wrong upstream for a while.

    Attributes:
        kind: for tables.
        rule: of the sandbox.
        until_s: on the clock of `time.monotonic`.
        refused: partners whose rights it ends.
    """

    kind: str
    rule: dict[str, Any]
    until_s: float
    refused: Sequence[str] = ()


class UpstreamFaults:
    """Faults coming and going.

    Args:
        control: of the sandbox.
        signal_host: sends a signal to the sandbox's process.
        partners: the sandbox's labels of partners by their names here.
        model: is told of refusals and of what goes on.
        draw: decides.

    Attributes:
        counts: how often each kind came.
    """

    def __init__(
        self,
        control: SandboxControl,
        signal_host: Callable[[int], object],
        partners: dict[str, str],
        model: Model,
        draw: random.Random,
    ) -> None:
        self._control = control
        self._signal_host = signal_host
        self._partners = partners
        self._model = model
        self._draw = draw
        self._now: list[Fault] = []
        self.counts: Counter[str] = Counter()

    async def come_and_go(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            choice = self._draw.random()
            if choice < 0.05:
                self.counts["calm"] += 1
                await self._set([])
                await asyncio.sleep(self._draw.uniform(2, 6))
            elif choice < 0.1:
                self.counts["host frozen"] += 1
                self._model.trouble = "host frozen"
                self._signal_host(signal.SIGSTOP)
                await asyncio.sleep(self._draw.uniform(0.5, 3))
                self._signal_host(signal.SIGCONT)
            else:
                now_s = time.monotonic()
                lasting = [fault for fault in self._now if fault.until_s > now_s]
                if len(lasting) < _MOST_AT_ONCE:
                    lasting.insert(0, self._next())
                await self._set(lasting)
                await asyncio.sleep(self._draw.uniform(0.2, 2.5))
        await self._set([])

    def _next(self) -> Fault:
        draw = self._draw
        kinds = [
            "slow",
            "status",
            "throttled",
            "unavailable",
            "cut",
            "hang",
            "drip",
            "unreadable",
            "headers",
            "refused",
        ]
        kind = draw.choice(kinds)
        self.counts[kind] += 1
        seconds = draw.uniform(0.5, _LONGEST_S)
        name = draw.choice([*self._partners, *[None] * 3])
        rule: dict[str, Any] = {"path": draw.choice(_PATHS)} | getattr(self, f"_{kind}")()
        refused: Sequence[str] = ()
        if kind == "refused":
            # Two at most, or the whole soak would be of callers without rights.
            name = draw.choice([*self._partners])
            refused = (name,)
            seconds = min(seconds, 2)
        if kind == "throttled":
            # Throttled again and again a lane is paused for minutes, which says little about anything else.
            seconds = min(seconds, 3)
        if name is not None:
            rule["partner"] = self._partners[name]
        if draw.random() < 0.2:
            rule["times"] = draw.randint(1, 5)
        return Fault(kind, rule, time.monotonic() + seconds, refused)

    async def _set(self, faults: list[Fault]) -> None:
        before = [fault.refused for fault in self._now if fault.refused and fault not in faults]
        for fault in faults:
            if fault.refused and fault not in self._now:
                self._model.refuses(fault.refused)
        self._now = faults
        self._model.trouble = ", ".join(
            f"{fault.kind} {fault.rule['path']} {fault.rule.get('partner', '')}" for fault in faults
        )
        await asyncio.to_thread(self._control.faults, *(fault.rule for fault in faults))
        for refused in before:
            self._model.refuses_no_more(refused)

    def _slow(self) -> dict[str, Any]:
        return {"latency_ms": self._draw.randint(100, 7000)}

    def _status(self) -> dict[str, Any]:
        # By id, 404 is an answer.
        return {
            "path": self._draw.choice(["/v1/invoices", "/v1/invoices/summaries"]),
            "status": self._draw.choice(_STATUSES),
            "body": self._draw.choice(_BODIES),
            "description": MARK,
        }

    def _throttled(self) -> dict[str, Any]:
        wait = self._draw.choice(["0", "1", "2", None, "soon"])
        return {"status": 429, "body": "apim"} | ({"retry_after": wait} if wait else {})

    def _unavailable(self) -> dict[str, Any]:
        status = self._draw.choice([500, 502, 503, 504])
        return {"status": status, "body": "html"} | ({"retry_after": "1"} if self._draw.random() < 0.3 else {})

    def _cut(self) -> dict[str, Any]:
        return {"cut": self._draw.choice([0, 1, 100, 1000])}

    def _hang(self) -> dict[str, Any]:
        return {"hang": True}

    def _drip(self) -> dict[str, Any]:
        return {"drip_bytes_per_s": self._draw.choice([1, 20, 500, 20_000])}

    def _unreadable(self) -> dict[str, Any]:
        return {"body": "raw"} | self._draw.choice(_UNREADABLE)

    def _headers(self) -> dict[str, Any]:
        return self._draw.choice(
            [
                {"headers": {"Content-Encoding": "br"}},
                {"headers": {"X-Long": "x" * 200_000}},
                {"status": 302, "body": "empty", "headers": {"Location": f"http://127.0.0.1:9/{MARK}"}},
                {"headers": {"Set-Cookie": f"session={MARK}"}},
            ]
        )

    def _refused(self) -> dict[str, Any]:
        return {"status": self._draw.choice([401, 403]), "description": MARK}
