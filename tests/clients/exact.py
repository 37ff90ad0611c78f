"""`python exact.py MODULE`: that MODULE's invoices_in() misses and doubles nothing, and keeps amounts exactly."""

import asyncio
import decimal
import importlib
import inspect
import sys
from typing import Any

# An amount has up to 64 digits; a sum of them is not rounded by default's 28.
decimal.getcontext().prec = 100


def _value(node: Any, name: str, snake_case_name: str) -> Any:
    return node[name] if isinstance(node, dict) else getattr(node, snake_case_name)


def main(module: str) -> None:
    invoices_in = importlib.import_module(module).invoices_in
    for currency_code in ("CHF", "EUR", "GBP"):
        found = invoices_in(currency_code)
        nodes, total = asyncio.run(found) if inspect.iscoroutine(found) else found
        amounts = [_value(node, "totalCharges", "total_charges") for node in nodes]
        ids = {_value(node, "id", "id") for node in nodes}
        if any(isinstance(amount, float) for amount in [*amounts, total]):
            raise TypeError("an amount is a float")
        summed = sum(decimal.Decimal(amount or 0) for amount in amounts)
        if (len(ids), summed) != (len(nodes), decimal.Decimal(total)):
            raise ValueError(f"{currency_code}: {len(ids)} of {len(nodes)} invoices make {summed} instead of {total}")
        print(f"{currency_code}: {len(nodes)} invoices make {total} exactly")


if __name__ == "__main__":
    main(*sys.argv[1:])
