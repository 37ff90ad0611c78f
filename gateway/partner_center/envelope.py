"""What stands around the values in an answer: a byte order mark, a page's items, links; what is said of bad ones."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import TypeVar

import msgspec

from gateway import billing
from gateway.errors import UpstreamUnreadableError
from gateway.partner_center import wire
from gateway.partner_center.density import refuse_dense

T = TypeVar("T")
C = TypeVar("C", bound=wire.Collection)

# Of a shorter page, even items that are none take no more than 20 MB.
_OUTLINED_BYTES = 512 * 1024
_outline = msgspec.json.Decoder(wire.Outline)

# Where msgspec says what is wrong: "Expected `str`, got `int` - at `$.taxReceipts[0].id`".
_PLACE = re.compile(r"at `\$\.?([^`]*)`")
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def without_bom(body: bytes) -> bytes:
    """Some bodies begin with a byte order mark, some do not (Azure/msrest-for-python#144)."""
    return body.removeprefix(BOM_UTF8)


def plain(body: bytes) -> bytes:
    """Without its mark, and of a length that values may be made of."""
    refuse_dense(body)
    return without_bom(body)


def page_of(body: bytes, decoder: "msgspec.json.Decoder[C]") -> C:
    """A page, its items undecoded."""
    try:
        text = plain(body)
        if len(text) > _OUTLINED_BYTES:
            _outline.decode(text)
        return decoder.decode(text)
    except UNREADABLE as error:
        raise unreadable(error) from error


def items_of(page: wire.Collection, decode: Callable[[msgspec.Raw], T]) -> tuple[T, ...]:
    decoded: list[T] = []
    for index, item in enumerate(page.items):
        try:
            decoded.append(decode(item))
        except UNREADABLE as error:
            raise unreadable(error, f"items[{index}]") from error
    return tuple(decoded)


def unreadable(error: Exception, place: str = "") -> UpstreamUnreadableError:
    # The place is made of names that the wire shapes know; the rest of the message may hold upstream's text.
    found = _PLACE.search(str(error))
    where = ".".join(filter(None, (place, found[1] if found else "")))
    return UpstreamUnreadableError(
        f"Partner Center's answer cannot be understood (at {where})."
        if where
        else "Partner Center's answer cannot be understood."
    )


def _to_link(link: wire.Link) -> billing.Link:
    return billing.Link(link.uri, link.method, link.headers or ())


def to_links(links: wire.Links | None) -> billing.ResourceLinks | None:
    if links is None:
        return None
    return billing.ResourceLinks(
        None if links.self is None else _to_link(links.self),
        None if links.next is None else _to_link(links.next),
        None if links.previous is None else _to_link(links.previous),
    )


def to_attributes(attributes: wire.Attributes | None) -> billing.ResourceAttributes | None:
    return None if attributes is None else billing.ResourceAttributes(attributes.etag, attributes.object_type)
