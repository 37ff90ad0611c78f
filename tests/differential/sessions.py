"""A session: a world of drawn data, and the operations that are run in it one after another, all from a seed."""

import functools
from random import Random
from typing import NamedTuple

import strawberry
from graphql import GraphQLSchema

from gateway.freshness import ANY_AGE, CacheControl, Windows
from gateway.readings import Lifetimes
from gateway.schema import build_schema
from gateway.schema.enums import InvoiceOrder
from gateway.schema.filters import Criteria, Within
from gateway.schema.ordering import sort_key, write_cursor
from tests.differential.arguments import Words
from tests.differential.documents import Asked, Document
from tests.differential.source import Upstream
from tests.differential.values import CURRENCY_CODES, IDS, INVOICE_TYPES, STATES

LIFETIMES = Lifetimes(
    summaries=Windows(10, 30, 300),
    collection=Windows(20, 30, 300),
    invoice=Windows(15, 20, 200),
    not_found=Windows(5, 0, 60),
)
_CONTROLS = (
    CacheControl(no_cache=True),
    CacheControl(max_age_s=5),
    CacheControl(max_stale_s=0),
    CacheControl(only_if_cached=True),
)
# Within the windows, from one to the next, and beyond them all.
_SECONDS_BETWEEN = (0.0, 0.0, 0.0, 1.0, 7.5, 12.0, 25.0, 60.0, 1000.0)
_UPSTREAMS = 3
_DOCUMENTS = 6
STEPS = 60


class Step(NamedTuple):
    """One operation, and what happens before it.

    Attributes:
        asked: what is run.
        after_s: seconds since the step before.
        upstream: which of the session's it meets.
        calls: upstream calls that it may make.
        cache_control: what the caller wants.
    """

    asked: Asked
    after_s: float = 0.0
    upstream: int = 0
    calls: int = 120
    cache_control: CacheControl = ANY_AGE


class Session:
    """Drawn whole before anything runs, so that it is the same for whoever runs it.

    Attributes:
        seed: of it.
        is_kept: whether answers are kept between operations.
        upstreams: what Partner Center knows, at different times.
        documents: asked in it.
        steps: in order.
    """

    def __init__(self, seed: str) -> None:
        rng = Random(seed)
        self.seed = seed
        self.is_kept = rng.random() < 0.75
        self.upstreams = [Upstream(rng, is_kept=self.is_kept) for _ in range(_UPSTREAMS)]
        words = _words(rng, self.upstreams[0])
        self.documents = [Document(rng, core_schema(), words) for _ in range(_DOCUMENTS)]
        self.steps = [self._step(rng) for _ in range(STEPS)]

    def _step(self, rng: Random) -> Step:
        return Step(
            rng.choice(self.documents).ask(),
            rng.choice(_SECONDS_BETWEEN),
            rng.randrange(_UPSTREAMS),
            120 if rng.random() < 0.97 else rng.randrange(4),
            ANY_AGE if rng.random() < 0.9 else rng.choice(_CONTROLS),
        )


@functools.cache
def the_schema() -> strawberry.Schema:
    """One for all: reading a document costs as much as running it some times."""
    return build_schema()


def core_schema() -> GraphQLSchema:
    return the_schema()._schema  # noqa: SLF001 — Strawberry has no other name for graphql-core's schema.


def _words(rng: Random, upstream: Upstream) -> Words:
    digest = Criteria.of(None, Within()).digest
    newest = InvoiceOrder.INVOICE_DATE_DESC
    cursors = []
    for document in upstream.listed.value:
        order = newest if rng.random() < 0.7 else rng.choice(list(InvoiceOrder))
        try:
            cursors.append(write_cursor(order, digest, sort_key(order)(document)))
        except (TypeError, AttributeError, ValueError):  # Damaged.
            continue
    ids = (*IDS * 3, *(f"OneTime-{each}" for each in IDS), "recurring-G1", "G99", "g1")
    texts = {"currencyCode": (*CURRENCY_CODES, 'é"\\ 😀'), "invoiceType": INVOICE_TYPES, "state": STATES}
    return Words(ids, tuple(cursors) or ("bm90aGluZw",), texts)
