"""Refusing an answer that is short on the wire and would be long as values, before any value is made of it.

Three bytes of `{},{},` become a hundred bytes of values, so 32 MiB of them would be more than a gigabyte, made without
letting the event loop run. Docs samples have one object in 60 bytes and more (get-a-collection-of-invoices, 2023).
"""

# An answer may have as many objects as this whatever its length, and one for so many of its bytes beside them.
FREE_OBJECTS = 20_000
BYTES_PER_OBJECT = 40


def refuse_dense(body: bytes) -> None:
    """Counts braces, wherever they stand: those within texts are too few to matter.

    Raises:
        ValueError: it has more objects than an answer of its length has.
    """
    # Nothing has more braces than bytes, so the answers that nearly all are need no count.
    if len(body) > FREE_OBJECTS and body.count(b"{") > FREE_OBJECTS + len(body) // BYTES_PER_OBJECT:
        raise ValueError("more objects than an answer of this length has")
