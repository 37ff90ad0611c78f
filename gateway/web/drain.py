"""The time between the signal that ends the process and its end."""

import dataclasses
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import OverloadedError
from gateway.web.graphql import error_response


@dataclasses.dataclass(slots=True)
class Drain:
    """How far the process has come on its way out; the server sets it, answers read it.

    Attributes:
        begun: the signal has come. `/readyz` says so, and each answer ends its connection.
        refuses: the listener is closed: what is under way is answered, new operations are not begun.
    """

    begun: bool = False
    refuses: bool = False


def until_end(
    drain: Drain, endpoint: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that is `OVERLOADED` for requests of connections that are open still when listening has ended."""

    async def respond(request: Request) -> Response:
        if drain.refuses:
            return error_response(OverloadedError("This process is ending: ask again."), request.state.correlation_id)
        return await endpoint(request)

    return respond
