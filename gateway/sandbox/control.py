"""The control endpoint `/_sandbox/`: what was asked of the sandbox, and how it shall misbehave.

* `GET /_sandbox/requests`: `{"count", "inFlight", "peakInFlight", "requests": [{"method", "path", "query",
  "partner", "requestId", "correlationId", "headers"}]}`, the last 10,000; `DELETE` resets it.
* `PUT /_sandbox/faults`: a list of `faults.Rule`, in the place of those before; `GET` tells how often each
  matched and applied, `DELETE` clears them.
* `PUT /_sandbox/quirks`: `quirks.Quirks`, in the place of those before; `GET` reads and `DELETE` resets them.

Anyone who reaches the port may use it: the sandbox listens on loopback, and holds only invented data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox import wire
from gateway.sandbox.faults import Faults, Rule
from gateway.sandbox.journal import Journal
from gateway.sandbox.quirks import Quirks

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIX = "/_sandbox/"


@dataclass
class Controls:
    """What the control endpoint reads and sets, and the rest of the sandbox obeys."""

    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    quirks: Quirks = field(default_factory=Quirks)


def control_routes(controls: Controls) -> list[Route]:
    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            controls.journal.reset()
            return Response(status_code=204)
        return _json(controls.journal.report())

    async def faults(request: Request) -> Response:
        if request.method != "GET":
            body = await request.body() if request.method == "PUT" else b"[]"
            controls.faults = Faults(msgspec.json.decode(body, type=list[Rule]))
        return _json(controls.faults.report())

    async def quirks(request: Request) -> Response:
        if request.method != "GET":
            body = await request.body() if request.method == "PUT" else b"{}"
            controls.quirks = msgspec.json.decode(body, type=Quirks)
        return _json(controls.quirks)

    return [
        Route(f"{PREFIX}requests", requests, methods=["GET", "DELETE"]),
        Route(f"{PREFIX}faults", faults, methods=["GET", "PUT", "DELETE"]),
        Route(f"{PREFIX}quirks", quirks, methods=["GET", "PUT", "DELETE"]),
    ]


async def invalid_control(_request: Request, error: Exception) -> Response:
    """The handler of what `msgspec` raises: what was sent is neither rules nor quirks; none were changed."""
    return _json({"message": str(error)}, 400)


def _json(value: object, status: int = 200) -> Response:
    return Response(wire.encode(value), status, media_type="application/json")
