"""Switches for how the sandbox departs from a well-behaved API; each default is what Microsoft does most."""

from __future__ import annotations

from typing import Literal

import msgspec

NextLink = Literal["relative", "absolute", "foreign", "double_question_mark", "empty_offset", "with_v1", "loop"]


class Quirks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The switches of `PUT /_sandbox/quirks`; what the body leaves out takes its default.

    Attributes:
        bom: A byte order mark before JSON of the service: on every third answer, on all, on none (observed as
            coming and going: msrest-for-python, issue 144).
        ignore_size: The collection is sent whole, as for modern invoices (docs get-a-collection-of-invoices).
        ignore_size_with_next: The same, yet with a `links.next` as if the size had counted.
        next_link: Shape of the collection's `links.next.uri`. `absolute` is this server's, `foreign` another
            host's; `double_question_mark` and `empty_offset` are the documentation's own mistakes, refused
            with 400 if followed (assumed); `loop` always leads to the page it is on.
        by_id: Reading by id: served, 404 for modern invoices (newest docs), or 403 for all, code 900329.
        unknown_enums: Invoices whose id ends in 1, 4 or 7 have document, invoice and line item types and a
            billing provider that no client knows yet.
        echo_ids: Whether MS-RequestId and MS-CorrelationId of the request come back; else new ones do.
        statement_type: Content type of the PDFs; `json` is the documentation's mistake.
    """

    bom: Literal["some", "always", "never"] = "some"
    ignore_size: bool = False
    ignore_size_with_next: bool = False
    next_link: NextLink = "relative"
    by_id: Literal["served", "404", "403"] = "served"
    unknown_enums: bool = False
    echo_ids: bool = True
    statement_type: Literal["pdf", "json"] = "pdf"
