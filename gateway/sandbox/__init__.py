"""A Partner Center of our own: the invoice API as Microsoft speaks it, with faults on demand.

`create_sandbox` gives an ASGI application; `gateway sandbox` serves it. It is a stand-in for tests, demos and
load, never a product: it keeps everything in memory and takes any bearer token.

Requests under `/v1/` need a bearer token. Requests under `/_sandbox/` (module `control`) need none: they read
and reset the journal of requests, and set faults and quirks.
"""

from gateway.sandbox.app import create_sandbox
from gateway.sandbox.partners import FIRST_PARTNER_TOKEN, partner_label

__all__ = ["FIRST_PARTNER_TOKEN", "create_sandbox", "partner_label"]
