"""Every hostile answer at its full size, given to a gateway process on each of the three kinds of calls."""

import asyncio
import gzip
import itertools
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.gateway_process import GatewayProcess
from tests.partner_center.hostile_answers import (
    BODY,
    FLOODS,
    GZIP,
    MEBIBYTE,
    MISFRAMED,
    OK,
    Dripping,
    Flood,
    LongBody,
    bomb,
    silence,
)
from tests.partner_center.raw_server import Answer, Exchange, RawServer, http, saying
from tests.partner_center.test_hostile_density import DENSE
from tests.partner_center.test_upstream_bodies import HOSTILE

pytestmark = pytest.mark.anyio

DEADLINE_S = 10
MOST_GROWTH_BYTES = 64 * MEBIBYTE
KINDS = {
    "summaries": "invoiceSummaries {totalCount}",
    "collection": "invoices {totalCount}",
    "invoice": 'invoice(id: "G1") {id pdfDownloadLink}',
}
GOOD = {
    "summaries": (b'{"totalCount":7,"items":[]}', {"invoiceSummaries": {"totalCount": 7}}),
    "collection": (b'{"items":[{"id":"G8"}]}', {"invoices": {"totalCount": 1}}),
    "invoice": (b'{"id":"G1"}', {"invoice": {"id": "G1", "pdfDownloadLink": None}}),
}
# Whom each is asked beside; the collection also answers for an invoice.
SIBLING = {"summaries": "invoice", "collection": "summaries", "invoice": "summaries"}
LONG = {
    "300-mb": LongBody(300),
    "gzip-of-256-mb": saying(bomb(256)),
    "200-kb-header": saying(http(BODY, 200, "X-Big: " + "a" * 200_000)),
    "encoding-not-asked-for": saying(http(BODY, 200, "Content-Encoding: br")),
    "length-too-short": saying(http(BODY + b"and more", length=len(BODY))),
    "two-lengths": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
    "negative-length": saying(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde"),
    "more-behind-gzip": Flood(OK + GZIP.encode() + b"\r\n\r\n" + gzip.compress(BODY), b"\0"),
    "another-id": saying(http(b'{"id":"G2","items":[{}]}')),
}
UNREADABLE: dict[str, Answer] = {
    **{f"body-{name}": saying(http(body)) for name, body in HOSTILE.items()},
    **{name: saying(answer) for name, answer in MISFRAMED.items()},
    **FLOODS,
    **LONG,
}
_tokens = (f"token-{number}" for number in itertools.count())


class Gateway:
    """A gateway process before a server that answers as a test says.

    Attributes:
        process: `gateway serve`.
        upstream: what it calls.
        hostile: the answers to kinds of calls that are not good.
    """

    def __init__(self, upstream: RawServer) -> None:
        self.upstream = upstream
        self.hostile: dict[str, Answer] = {}
        self.process = GatewayProcess(
            "serve",
            GATEWAY_UPSTREAM_URL=upstream.url,
            GATEWAY_PORT="0",
            GATEWAY_DEADLINE_S=str(DEADLINE_S),
            GATEWAY_AUTH="passthrough",
        )

    async def ask(self, document: str) -> Any:
        """The answer to a new caller, for whom nothing is kept."""
        async with httpx.AsyncClient(timeout=30) as client:
            headers = {"Authorization": f"Bearer {next(_tokens)}"}
            response = await client.post(f"{self.process.url}/graphql", json={"query": document}, headers=headers)
        return response.json()

    def forget_peak(self) -> int:
        """Start measuring the peak anew; the bytes of memory that it starts from."""
        self._proc("clear_refs").write_text("5")
        return self.memory_bytes("VmRSS")

    def memory_bytes(self, name: str) -> int:
        """`VmRSS` is what it has now, `VmHWM` the most since `forget_peak`."""
        found = re.search(rf"{name}:\s+(\d+) kB", self._proc("status").read_text())
        assert found
        return int(found[1]) * 1024

    def _proc(self, name: str) -> Path:
        return Path("/proc", str(self.process.popen.pid), name)


@pytest.fixture(scope="module")
async def _gateway() -> AsyncIterator[Gateway]:
    async def answer(exchange: Exchange) -> object:
        path = exchange.head.split(b" ")[1]
        kind = "invoice" if b"/v1/invoices/G" in path else "summaries" if b"summaries" in path else "collection"
        return await gateway.hostile.get(kind, saying(http(GOOD[kind][0])))(exchange)

    async with RawServer(answer) as upstream:
        gateway = Gateway(upstream)
        try:
            # What is made once, with the first calls and the first errors, is no growth.
            gateway.hostile["invoice"] = saying(http(b"<html>"))
            for _ in range(3):
                await gateway.ask("{" + " ".join(KINDS.values()) + "}")
            yield gateway
        finally:
            await asyncio.to_thread(gateway.process.stop)


@pytest.fixture
def gateway(_gateway: Gateway) -> Iterator[Gateway]:
    """One process for all rows, so that what one leaves behind meets the next."""
    _gateway.hostile.clear()
    yield _gateway
    assert _gateway.process.popen.poll() is None
    assert "Traceback" not in _gateway.process.output


async def one_fails(gateway: Gateway, kind: str, code: str) -> None:
    """Asks for one kind and its sibling: the first fails with the code and the path, the other is served."""
    answer = await gateway.ask(f"{{{KINDS[kind]} {KINDS[SIBLING[kind]]}}}")
    field = next(iter(GOOD[kind][1]))

    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [([field], code)]
    assert answer["data"] == {field: None} | GOOD[SIBLING[kind]][1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_cannot_be_read_is_refused_within_64_mb_and_its_sibling_served(gateway, kind, answer):
    gateway.hostile[kind] = answer
    await is_refused_within_64_mb(gateway, kind)


@pytest.mark.parametrize("dense", DENSE.values(), ids=DENSE.keys())
@pytest.mark.parametrize(("kind", "length_bytes"), [("invoice", MEBIBYTE), ("collection", 32 * MEBIBYTE)])
async def test_what_would_be_a_gigabyte_of_values_is_refused_within_64_mb(gateway, kind, length_bytes, dense):
    gateway.hostile[kind] = saying(http(dense.of_length(length_bytes - 256)))
    await is_refused_within_64_mb(gateway, kind)


async def is_refused_within_64_mb(gateway: Gateway, kind: str) -> None:
    before_bytes = gateway.forget_peak()
    started_s = time.monotonic()
    await one_fails(gateway, kind, "UPSTREAM_UNREADABLE")

    assert time.monotonic() - started_s < DEADLINE_S
    assert gateway.memory_bytes("VmHWM") - before_bytes < MOST_GROWTH_BYTES
    assert gateway.memory_bytes("VmRSS") - before_bytes < MOST_GROWTH_BYTES


@pytest.mark.parametrize("answer", [silence, Dripping(http(BODY), 1)], ids=["silence", "a-byte-a-second"])
async def test_what_does_not_come_is_a_time_out_at_the_deadline(gateway, answer):
    async def time_out(kind: str) -> float:
        started_s = time.monotonic()
        await one_fails(gateway, kind, "UPSTREAM_TIMEOUT")
        return time.monotonic() - started_s

    for kind in KINDS:
        gateway.hostile = {kind: answer}
        assert DEADLINE_S - 0.5 < await time_out(kind) < DEADLINE_S + 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_redirect_is_not_followed_and_takes_the_token_nowhere(gateway, kind, status):
    async with RawServer(saying(http(BODY))) as elsewhere:
        for target in (elsewhere.url, f"//127.0.0.1:{elsewhere.port}", f"{elsewhere.url}/v1/invoices/summaries"):
            gateway.hostile[kind] = saying(http(b"", status, f"Location: {target}"))
            await one_fails(gateway, kind, "UPSTREAM_ERROR")
        assert elsewhere.exchanges == []


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
async def test_where_one_invoice_of_three_fails_the_other_two_are_served(gateway, body):
    async def answer(exchange: Exchange) -> None:
        [number] = re.findall(rb"/v1/invoices/G(\d)", exchange.head)
        await exchange.send(http(body if number == b"2" else b'{"id":"G%b"}' % number))

    gateway.hostile["invoice"] = answer
    gateway.hostile["collection"] = saying(http(b"", 404))
    answered = await gateway.ask('{invoicesById(ids: ["G1", "G2", "G3"]) {id pdfDownloadLink}}')

    assert [invoice and invoice["id"] for invoice in answered["data"]["invoicesById"]] == ["G1", None, "G3"]
    assert [(error["path"], error["extensions"]["code"]) for error in answered["errors"]] == [
        (["invoicesById", 1], "UPSTREAM_UNREADABLE")
    ]


async def test_memory_is_flat_over_three_hundred_hostile_answers(gateway):
    sizes = []
    for _ in range(3):
        for answer in itertools.islice(itertools.cycle([LONG["gzip-of-256-mb"], FLOODS["endless-chunks"]]), 100):
            gateway.hostile["invoice"] = answer
            await gateway.ask(f"{{{KINDS['invoice']}}}")
        sizes.append(gateway.memory_bytes("VmRSS"))

    assert sizes[2] - sizes[0] < 8 * MEBIBYTE
