"""One path before all routes."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class AtPath:
    """Hands a path's requests to an application of its own.

    Starlette's routes and what it keeps around them cost four times as much, a good part of an answer that is kept.

    Args:
        app: answers all other requests.
        path: below wherever the whole is mounted.
        endpoint: answers that path's.
    """

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"] == scope.get("root_path", "") + self._path:
            return self._endpoint(scope, receive, send)
        return self._app(scope, receive, send)
