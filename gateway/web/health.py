"""`/livez` and `/readyz`: whether the process runs, and whether it should be sent requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.web.drain import Drain

# Of whoever watches, and is answered where callers find no room; metrics tell then why.
PATHS = (b"/livez", b"/readyz", b"/metrics")

# A part's states: "ok"; "degraded", which is slower or less safe but answers; anything else keeps from answering.
Check = Callable[[], Awaitable[str]]

_STILL_ANSWERS = ("ok", "degraded")


async def livez(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def readyz(checks: Mapping[str, Check], drain: Drain) -> Callable[[Request], Awaitable[Response]]:
    """The readiness endpoint: 503 where a part keeps the gateway from answering, and the state of every part.

    On the way to its end the process is `draining`, which is a 503 however well its parts are.

    Args:
        checks: by the part's name.
        drain: how far the process is on its way out.
    """

    async def endpoint(_request: Request) -> Response:
        states = dict(zip(checks, await asyncio.gather(*(check() for check in checks.values())), strict=True))
        worst = next((state for state in states.values() if state not in _STILL_ANSWERS), None)
        status = worst or ("degraded" if "degraded" in states.values() else "ok")
        if drain.begun:
            status = worst = "draining"
        code = HTTPStatus.SERVICE_UNAVAILABLE if worst else HTTPStatus.OK
        return JSONResponse({"status": status, "checks": states}, code)

    return endpoint
