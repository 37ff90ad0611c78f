"""How the invoice collection is asked for: its filter, its pages, and where to stop.

`links.next` cannot be trusted as an address: it comes relative, without host and without `/v1`, and some of the
documents' own examples are malformed (two `?`, an empty offset). Only its parameters are taken over, so that
no answer can send a token to another path or host.
"""

import json
import re
from urllib.parse import unquote_plus

from gateway.billing import InvoiceDateWindow, Link
from gateway.errors import UpstreamUnreadableError

PAGE_SIZE = 500
# httpx takes no address of 64 KiB, and upstream no header of megabytes.
LONGEST_VALUE = 4096
_TAKEN_OVER = ("size", "offset", "filter", "seekOperation")
CONTINUATION_HEADER = "MS-ContinuationToken"


class PageRequest(dict[str, str]):
    """The query parameters of one page.

    Attributes:
        headers: sent with it, beside those of every call.
    """

    def __init__(self, parameters: dict[str, str], headers: dict[str, str] | None = None) -> None:
        super().__init__(parameters)
        self.headers = headers or {}


def first_page(window: InvoiceDateWindow) -> PageRequest:
    found = {"size": str(PAGE_SIZE), "offset": "0"}
    return PageRequest(found if window.is_everything else found | {"filter": window_filter(window)})


def next_page(last: PageRequest, link: Link | None, items_so_far: int) -> PageRequest | None:
    """What to ask for after a page; None where upstream names no next one.

    Args:
        last: the request of the page that was read.
        link: its `links.next`.
        items_so_far: on all pages read; the offset where the link does not give a usable one.
    """
    if link is None or not link.uri:
        return None
    named = parameters_of(link.uri)
    token = next((pair.value for pair in link.headers if pair.key == CONTINUATION_HEADER), None)
    if any(len(value) > LONGEST_VALUE for value in (*named.values(), token or "")):
        raise UpstreamUnreadableError("Partner Center names its next page at too great length.")
    parameters = dict(last) | {name: value for name, value in named.items() if value}
    if not parameters["offset"].isdigit() or parameters["offset"] == last["offset"]:
        parameters["offset"] = str(items_so_far)
    return PageRequest(parameters, {CONTINUATION_HEADER: token} if token and is_header_value(token) else None)


def goes_on(last: PageRequest, following: PageRequest) -> bool:
    """Whether the page after one that brought nothing new is worth asking for.

    With another continuation token it is: that is a place in upstream's own list, of which a page may be empty. A link
    without one repeats itself.
    """
    token = following.headers.get(CONTINUATION_HEADER)
    return token is not None and token != last.headers.get(CONTINUATION_HEADER)


def window_filter(window: InvoiceDateWindow) -> str:
    """The `filter` parameter of a window with a closed side: InvoiceDate only, compounds by `and` only.

    One JSON text, members in Pascal case, operators in snake case, as the .NET SDK sends it (Query/Filters/*.cs, 3.4).
    """
    sides = []
    if window.from_day is not None:
        sides.append(_condition("greater_than_or_equals", window.from_day.isoformat()))
    if window.until_day is not None:
        sides.append(_condition("less_than", window.until_day.isoformat()))
    if len(sides) == 1:
        return json.dumps(sides[0])
    return json.dumps({"LeftFilter": sides[0], "RightFilter": sides[1], "Operator": "and"})


def _condition(operator: str, value: str) -> dict[str, str]:
    return {"Field": "InvoiceDate", "Value": value, "Operator": operator}


def parameters_of(uri: str) -> dict[str, str]:
    """Lenient: parameters are whatever stands between `?` and `&`, as often as they come."""
    parts = (part.partition("=") for part in re.split(r"[?&]", uri)[1:])
    known = {name.casefold(): name for name in _TAKEN_OVER}
    return {known[name.casefold()]: unquote_plus(value) for name, _equals, value in parts if name.casefold() in known}


def is_header_value(text: str) -> bool:
    return text.isascii() and text.isprintable()
