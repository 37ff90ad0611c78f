"""Invoices that are asked for together, over a server that answers each as a test wants."""

import asyncio

from tests.partner_center.raw_server import Exchange, http

IDS = ["G1", "G2", "G3", "G4"]


def asked_for(exchange: Exchange) -> str:
    return exchange.head.split(b" ")[1].decode().rsplit("/", 1)[1]


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def invoice(invoice_id: str) -> bytes:
    return http(b'{"id":"%s","state":"open"}' % invoice_id.encode())


async def answer_each(exchange: Exchange) -> None:
    await exchange.send(invoice(asked_for(exchange)))


def answering(by_id):
    """Answers an id with what stands for it; others with their invoices."""

    async def answer(exchange: Exchange) -> object:
        found = by_id.get(asked_for(exchange), answer_each)
        return await (found(exchange) if callable(found) else exchange.send(found))

    return answer


async def arrived(client, operation, ids=IDS):
    """Places in the order of arrival, each with the id of what came, or its type."""
    said = []
    async for place, answer in client.invoices_by_id(operation, ids).arrivals():
        said.append((place, getattr(answer, "id", None if answer is None else type(answer))))
    return said
