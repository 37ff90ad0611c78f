"""Does anybody see another's data? Six callers ask for the same ids; the sandbox has other data for each."""

import asyncio
import json
import random
from decimal import Decimal
from typing import Any, NamedTuple

import httpx

from gateway.sandbox.authority import PARTNER_CENTER, USERS

IDS = tuple(f"G{100001 + number:09}" for number in range(50))
INVOICE = "query ($id: ID!) { invoice(id: $id) { id totalCharges } }"


class Seen(NamedTuple):
    """What one answer showed to whom."""

    user: str
    invoice_id: str
    shown: Any


def truth(sandbox_url, tokens):
    """The amount of each invoice by user and id, read past the gateway with each user's own token."""
    amounts = {}
    with httpx.Client(base_url=sandbox_url) as http:
        for user, token in tokens.items():
            answer = http.get("/v1/invoices", params={"size": 240}, headers={"Authorization": f"Bearer {token}"})
            items = json.loads(answer.content.decode("utf-8-sig"), parse_float=Decimal)["items"]
            amounts |= {(user, item["id"]): Decimal(item["totalCharges"]) for item in items}
    return amounts


def partner_center_tokens(authority):
    return {user: authority.mint(user=user, audience=PARTNER_CENTER.uri) for user in USERS}


def gateway_tokens(authority):
    return {user: authority.mint(user=user) for user in USERS}


async def ask_interleaved(gateways, tokens, *, at_once, ids=IDS):
    """What 300 requests showed: each user asks for each id once, in a mixed order, the gateways by turns.

    Args:
        gateways: of the same settings.
        tokens: by user.
        at_once: how many requests wait at a time; 1 is one after another.
        ids: fewer, where one leak is enough.
    """
    asked = [(user, invoice_id) for user in tokens for invoice_id in ids]
    random.Random(7).shuffle(asked)
    assert len(asked) == 6 * len(ids)
    turn = asyncio.Semaphore(at_once)

    async def ask(number, user, invoice_id):
        async with turn:
            data = await gateways[number % len(gateways)].ask(INVOICE, token=tokens[user], id=invoice_id)
        return Seen(user, invoice_id, data["invoice"])

    return await asyncio.gather(*(ask(number, *what) for number, what in enumerate(asked)))


def leaks(seen, amounts, *, account=None):
    """The answers that are not the asking user's, or not the account's where all share one."""
    return [
        one
        for one in seen
        if one.shown["id"] != one.invoice_id
        or Decimal(one.shown["totalCharges"]) != amounts[account or one.user, one.invoice_id]
    ]
