"""Remembered documents take a bounded part of memory, however dense they are."""

import tracemalloc

import pytest

from gateway.schema import build_schema
from gateway.schema.limits.maxima import KEPT_CHARACTERS

_PROMISED_BYTES = 32 * 1024**2


def dense(number: int) -> str:
    """Nearly 6,000 tokens in 12,000 characters: as many as a valid document can have."""
    lists = (f"l{number}_{field}:invoicesById(ids:[{'1 ' * 240}]){{id}}" for field in range(23))
    return "{" + " ".join(lists) + "}"


@pytest.mark.anyio
async def test_the_densest_documents_stay_below_32_mib():
    schema = build_schema()
    length = len(dense(0))
    assert length < KEPT_CHARACTERS // 4, "it would not be kept at all"
    tracemalloc.start()
    for number in range(KEPT_CHARACTERS // length + 4):
        await schema.execute(dense(number), context_value=None)
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{kept / 1024**2:.1f} MiB")

    assert _PROMISED_BYTES / 4 < kept < _PROMISED_BYTES
