"""Billing values drawn by their types: what upstream may send, and, where they are damaged, what it never should.

The values are msgspec's Structs, which check nothing when they are made.
"""

import datetime as dt
import enum
import functools
import math
import types
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, get_args, get_origin

import msgspec

from gateway import billing
from gateway.errors import ForbiddenError, UpstreamTimeoutError
from gateway.schema import enums

IDS = tuple(f"G{number}" for number in range(1, 9))
CURRENCY_CODES = ("USD", "EUR", "usd")
INVOICE_TYPES = ("Recurring", "one_time", "OneTime")
STATES = ("active", "void", "ACTIVE")
# The moment at which the fake clock starts; links to PDFs end within the first minutes.
BEGIN = dt.datetime.fromtimestamp(1_000_000, dt.UTC)
# Of amendments within amendments.
_DEEPEST = 3

_TEXTS = ("", "plain", 'quo"te\\', "é ☃ 😀", "\x00\x1f\x7f\t", "line\nbreak\u2028", "</script>", "x" * 300)
_LONE = "lone \ud800"
_BY_NAME: dict[str, tuple[str, ...]] = {
    "id": IDS,
    "amends_of": IDS,
    "invoice_id": IDS,
    "currency_code": CURRENCY_CODES,
    "invoice_type": INVOICE_TYPES,
    "state": STATES,
}
_AMOUNTS = tuple(
    map(
        Decimal,
        ("0", "-0", "-0.00", "0E+3", "1E+3", "1E-10", "12.50", "-751094.39", "9" * 64, "0." + "1" * 63, "1E+64"),
    )
)
_MOMENTS = tuple(
    map(
        dt.datetime.fromisoformat,
        (
            "2026-01-15T00:00:00+00:00",
            "2026-01-15T12:30:45.100000+00:00",
            "2026-02-01T00:00:00.000001+00:00",
            "0001-01-01T00:00:00+00:00",
            "9999-12-31T23:59:59.999999+00:00",
        ),
    )
)
_COUNTS = (0, 1, 3, 2**31 - 1, -(2**31))


class _Text(str):
    __slots__ = ()


class _Number(enum.IntEnum):
    ONE = 1


# What a store that encodes takes, too.
_WRONG: tuple[Any, ...] = (
    None,
    None,
    None,
    *(0, 1, -5, 2**31, -(2**31) - 1, 2**63, True, False, 1.0, 1.5, -0.0, math.nan, math.inf),
    *("text", "", "12.50", "2026-01-15", "INVOICE", "invoice", b"bytes", b"\xff"),
    *(Decimal("NaN"), Decimal("Infinity"), Decimal("1E+400"), Decimal(3)),
    *(dt.datetime(2026, 1, 15), dt.datetime(2026, 1, 15, tzinfo=dt.timezone(dt.timedelta(hours=2)))),  # noqa: DTZ001
    *(dt.date(2026, 1, 15), {}, {"id": "G1", "uri": "x"}, [], [None], (), (None,), ("a",), ("a", None)),
    *(billing.DocumentType.INVOICE, billing.BillingProvider.NONE, billing.InvoiceLineItemType.NONE, _Number.ONE),
    *(billing.KeyValuePair(), billing.Link(), billing.TaxReceipt("T1"), billing.Invoice("G1"), billing.InvoiceDetail()),
)
_UNENCODABLE: tuple[Any, ...] = (
    *(_LONE, _Text("text"), 2**64, -(2**70), 10**400, 1j, Decimal("sNaN"), object, len, types.SimpleNamespace(id="G1")),
    *(enums.DocumentType.INVOICE, enums.InvoiceOrder.INVOICE_DATE_ASC, frozenset({"G1"}), range(2)),
    *(ValueError("a secret"), ForbiddenError("no", "2032"), UpstreamTimeoutError("late")),
)


_fields = functools.cache(msgspec.structs.fields)


class Values:
    """Draws values.

    Args:
        rng: draws.
        damage: share of members that are wrong.
        is_kept: whether a store must be able to encode them, wrong as they are.
        spared: members that are never wrong.
    """

    def __init__(
        self, rng: Random, damage: float = 0.0, *, is_kept: bool = True, spared: frozenset[str] = frozenset()
    ) -> None:
        self._rng = rng
        self._damage = damage
        self._is_kept = is_kept
        self._wrong = _WRONG if is_kept else _WRONG + _UNENCODABLE
        self._spared = spared
        self._depth = 0

    def struct(self, kind: type[Any], **given: Any) -> Any:
        """One value.

        Args:
            kind: its type.
            given: members that are not drawn.
        """
        self._depth += 1
        members = {
            field.name: given[field.name] if field.name in given else self._member(field.type, field.name)
            for field in _fields(kind)
        }
        self._depth -= 1
        return kind(**members)

    def damaged(self, value: Any) -> Any:
        """A value, or something else in its place."""
        return self._rng.choice(self._wrong) if self._rng.random() < self._damage else value

    def _member(self, of: Any, name: str) -> Any:
        if name not in self._spared and self._rng.random() < self._damage:
            return self._rng.choice(self._wrong)
        inner = get_args(of)
        if get_origin(of) is types.UnionType:
            if self._rng.random() < 0.25:
                return None
            of = next(each for each in inner if each is not types.NoneType)
        elif get_origin(of) is tuple:
            return self._items(inner[0], name)
        if name == "pdf_download_link_expires_at":
            return BEGIN + dt.timedelta(seconds=self._rng.randrange(3000))
        return self._plain(of, name)

    def _items(self, of: Any, name: str) -> tuple[Any, ...]:
        is_deep = self._depth >= _DEEPEST and name in {"amendments", "details"}
        count = 0 if is_deep else self._rng.choice((0, 1, 1, 2, 3))
        items = tuple(self._plain(of, name) for _ in range(count))
        if name not in self._spared and items and self._rng.random() < self._damage:
            return (*items, self._rng.choice(self._wrong))
        return items

    def _plain(self, of: Any, name: str) -> Any:
        if issubclass(of, msgspec.Struct):
            return self.struct(of)
        if issubclass(of, enum.Enum):
            return self._rng.choice(list(of))
        if of is str and not self._is_kept and self._rng.random() < 0.001:
            # Where answers are kept, keeping it is a fault of ours, behind the answer: upstream cannot send it at all.
            return _LONE
        return _PLAIN[of](self._rng, name)


def _text(rng: Random, name: str) -> str:
    return rng.choice(_BY_NAME.get(name, _TEXTS))


_PLAIN: dict[type, Callable[[Random, str], Any]] = {
    str: _text,
    bool: lambda rng, _name: rng.random() < 0.5,
    int: lambda rng, _name: rng.choice(_COUNTS),
    Decimal: lambda rng, _name: rng.choice(_AMOUNTS),
    dt.datetime: lambda rng, _name: rng.choice(_MOMENTS),
}
