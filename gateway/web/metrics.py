"""`/metrics`, on the port of callers or on one of its own."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"


def metrics_route(text: Callable[[str], tuple[bytes, str]]) -> Route:
    """The endpoint.

    Args:
        text: all metrics and their media type, by what the request accepts.
    """

    async def endpoint(request: Request) -> Response:
        body, media_type = text(request.headers.get("accept", ""))
        return Response(body, media_type=media_type)

    return Route(PATH, endpoint)


class OnPort:
    """Hands requests that came in by one port to an application of its own.

    Args:
        app: answers all other requests.
        port: of this process, as it listens.
        route: all there is at that port.
    """

    def __init__(self, app: ASGIApp, port: int, route: Route) -> None:
        self._app = app
        self._port = port
        # With its own ways to refuse: whoever is here does not look for GraphQL.
        self._here = Starlette(routes=[route])

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_here = scope["type"] == "http" and scope["server"] is not None and scope["server"][1] == self._port
        return (self._here if is_here else self._app)(scope, receive, send)
