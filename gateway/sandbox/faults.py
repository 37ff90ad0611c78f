"""Faults on demand: rules for requests, and the answers that rules give in the service's place."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from gateway.sandbox import error_bodies

if TYPE_CHECKING:
    from collections.abc import Sequence

# RFC 9110, section 5: a name is a token; a value is visible Latin-1, spaces and tabs.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")

_JSON: Final = "application/json; charset=utf-8"
_WITHOUT_BODY: Final = frozenset({204, 304})

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer before it is sent. `of_service` is false where a layer before the service answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    of_service: bool


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One rule of `PUT /_sandbox/faults`.

    A rule with neither `status` nor `body` lets the service answer, and only delays, cuts, drips or decorates
    what it says. A rule that does nothing is allowed: it exempts its requests from the rules below it.

    Attributes:
        path: A glob over the path, in which `*` also matches slashes.
        times: How many requests the rule applies to; null is until it is cleared.
        after: How many matching requests go by before the first it applies to.
        partner: Only requests of the partner with this label (`partner_label`).
        latency_ms: Waited before anything else.
        status: The answer's status; its body is `body`, by default "fault".
        body: "fault" the service's, "apim" the management layer's, "aspnet" the framework's, "html" a
            proxy's, "empty", or "raw" with `raw` (text) or `raw_base64`, by default with status 200.
        code: The fault's code, a string; by default the usual one of the status.
        description: The fault's description, or the other bodies' message.
        retry_after: The header's value, verbatim.
        headers: Further headers, in the place of any of the same name.
        cut: After so many bytes of the body the connection is closed, though Content-Length tells the whole.
        hang: Nothing is answered until the client goes away.
        drip_bytes_per_s: The speed of the body.
    """

    path: str = "*"
    times: Positive | None = None
    after: Count = 0
    partner: str | None = None
    latency_ms: Count = 0
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    body: Literal["fault", "apim", "aspnet", "html", "empty", "raw"] | None = None
    code: str | None = None
    description: str | None = None
    raw: str | None = None
    raw_base64: str | None = None
    retry_after: str | None = None
    headers: dict[str, str] = {}
    cut: Count | None = None
    hang: bool = False
    drip_bytes_per_s: Positive | None = None

    def __post_init__(self) -> None:
        """Checks what the members' types cannot; msgspec reports the message with the rule's place."""
        raws = sum(raw is not None for raw in (self.raw, self.raw_base64))
        if raws != (self.body == "raw"):
            raise ValueError('Body "raw", and no other, has one of raw and raw_base64')
        if self.raw_base64 is not None:
            try:
                base64.b64decode(self.raw_base64, validate=True)
            except binascii.Error as error:
                raise ValueError(f"raw_base64: {error}") from None
        if self.body not in {None, "raw"} and self.status is None:
            raise ValueError(f'Body "{self.body}" needs a status')
        for name, value in self.added_headers().items():
            if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
                raise ValueError(f"No header: {name!r}: {value!r}")

    def matches(self, path: str, partner: str | None) -> bool:
        return fnmatchcase(path, self.path) and self.partner in {None, partner}

    def added_headers(self) -> dict[str, str]:
        return self.headers | ({} if self.retry_after is None else {"Retry-After": self.retry_after})

    def answer(self) -> Answer | None:
        """What is answered in the service's place, if anything."""
        status = self.status or (200 if self.body else None)
        if status is None:
            return None
        kind = "empty" if status in _WITHOUT_BODY else self.body or "fault"
        content_type = {"html": "text/html", "empty": None}.get(kind, _JSON)
        return Answer(
            status=status,
            headers=(("content-type", content_type),) if content_type else (),
            body=self._body(kind, status),
            of_service=kind in {"fault", "aspnet"},
        )

    def _body(self, kind: str, status: int) -> bytes:
        match kind:
            case "fault":
                return error_bodies.fault(status, self.code, self.description)
            case "apim":
                return error_bodies.apim(status, self.retry_after, self.description)
            case "aspnet":
                return error_bodies.aspnet(self.description)
            case "html":
                return error_bodies.html(status)
            case "raw":
                return (self.raw or "").encode() or base64.b64decode(self.raw_base64 or "")
            case _:
                return b""


class Faults:
    """The rules in force, and how often each matched; the first rule that applies wins."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = [(rule, _Uses()) for rule in rules]

    def rule_for(self, path: str, partner: str | None) -> Rule | None:
        """The first rule due for a request, which counts as one of the rule's uses."""
        for rule, uses in self._rules:
            if not rule.matches(path, partner) or (rule.times is not None and uses.applied >= rule.times):
                continue
            uses.matched += 1
            if uses.matched > rule.after:
                uses.applied += 1
                return rule
        return None

    def report(self) -> list[dict[str, Any]]:
        return [{"rule": rule, "matched": uses.matched, "applied": uses.applied} for rule, uses in self._rules]


@dataclass(slots=True)
class _Uses:
    matched: int = 0
    applied: int = 0
