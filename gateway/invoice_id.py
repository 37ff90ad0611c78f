"""Invoice ids: the one spelling that keys and paths are made of."""

import re
from functools import lru_cache

from gateway.errors import BadUserInputError

_PREFIX = re.compile(r"(?:OneTime|Recurring)-", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

# Literal path segments below /v1/invoices: an "id" of this name would ask for another resource.
_RESERVED = frozenset({"summaries", "summary", "unbilled", "estimates"})


def canonical(text: str) -> str:
    """The id without the prefix that links give it: `OneTime-G000024135` is `G000024135`."""
    # Nearly no id has a hyphen, and to find none is a fifth of a match.
    return text[found.end() :] if "-" in text and (found := _PREFIX.match(text)) else text


@lru_cache(maxsize=4096)
def is_one(text: str) -> bool:
    """Whether a text without that prefix can be an invoice's id, and so be one segment of a path.

    Asked of an id where a caller names it, and again where a path is made of it.
    """
    return _ID.fullmatch(text) is not None and text.casefold() not in _RESERVED


def parse(text: str) -> str:
    """A caller's id in its one spelling.

    Raises:
        BadUserInputError: it can be no invoice's id.
    """
    invoice_id = canonical(text)
    if not is_one(invoice_id):
        raise BadUserInputError(
            "An invoice id has 1 to 64 letters, digits, hyphens or underscores, such as G000024135."
        )
    return invoice_id
