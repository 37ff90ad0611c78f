"""`/livez` and `/readyz`: whether the process runs, and whether it should be sent requests."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def livez(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def readyz(cache_answers: Callable[[], Awaitable[bool]]) -> Callable[[Request], Awaitable[Response]]:
    """The readiness endpoint. Without its cache's store the gateway is slower, not unready.

    Args:
        cache_answers: whether the store outside this process answers, or there is none.
    """

    async def endpoint(_request: Request) -> Response:
        cache = "ok" if await cache_answers() else "degraded"
        return JSONResponse({"status": cache, "checks": {"cache": cache}})

    return endpoint
