"""GETs on an operation's account: with its caller's token, paid from its budget, in the lane of its caller's tenant."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

from gateway.errors import MfaRequiredError, UnauthenticatedError, WrongAudienceError
from gateway.guids import new_guid
from gateway.operation import Operation
from gateway.partner_center.calls import Calls
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.first_try import FirstTry
from gateway.partner_center.paging import PageRequest
from gateway.partner_center.prepared import Destination
from gateway.partner_center.tries import Call

# A kind of call that is slow, and good for every query after: once it has begun, no operation's deadline ends it.
COLLECTION = "invoices"

MAX_BODY_BYTES = 1024**2


class Gets:
    """Makes them.

    Args:
        http: the process's one client.
        calls: makes the calls.
        credentials: gives the token that each carries.
        timeout_s: for one call, waiting for its turn, all tries and a renewed token's included.
        locale: `X-Locale`, or None to leave it to upstream.

    Attributes:
        calls: as given.
        credentials: as given.
    """

    def __init__(
        self, http: DirectClient, calls: Calls, credentials: Credentials, *, timeout_s: float, locale: str | None
    ) -> None:
        self._http = http
        self.calls = calls
        self.credentials = credentials
        self._timeout_s = timeout_s
        self._headers = [(b"X-Locale", locale.encode("ascii"))] if locale else []
        self._latest: tuple[tuple[str, str, bytes | None], Destination] | None = None

    def call(
        self, operation: Operation, kind: str, max_bytes: int = MAX_BODY_BYTES, *, has_begun: bool = False
    ) -> Call:
        ends_by_s = time.monotonic() + self._timeout_s
        wanted_by_s = operation.deadline.at_s
        deadline_s = ends_by_s if has_begun or ends_by_s < wanted_by_s else wanted_by_s
        return Call(operation.caller.scope.lane, kind, max_bytes, deadline_s, ends_by_s, kind == COLLECTION)

    async def body(
        self,
        operation: Operation,
        path: str,
        call: Call,
        page: PageRequest | None = None,
        *,
        accept: bytes | None = None,
    ) -> bytes:
        """The body of a 200. Any other answer, or none, is a `GatewayError`."""
        self.calls.check(call.lane)
        operation.budget.spend()
        token = await self.credentials.token(operation.caller)
        body = self._body(operation, token, path, call, page, accept)
        return await self.renewed(operation, token, path, call, body, page, accept)

    def begin(
        self, operation: Operation, token: str, path: str, call: Call, told: Callable[[FirstTry], None]
    ) -> FirstTry:
        """As `Calls.begin`. Whoever is told of it waits for `renewed` of `Calls.end`.

        Raises:
            GatewayError: as it does; or nothing is left of the operation's budget.
        """
        operation.budget.spend()
        return self.calls.begin(self._request(operation, token, path, None, None), call, told)

    async def renewed(  # noqa: PLR0913, PLR0917 — a request's parts.
        self,
        operation: Operation,
        token: str,
        path: str,
        call: Call,
        body: Awaitable[bytes],
        page: PageRequest | None = None,
        accept: bytes | None = None,
    ) -> bytes:
        """What is awaited; or, where the token is refused and there is another, the body of the call with that."""
        try:
            return await body
        except (MfaRequiredError, WrongAudienceError):
            raise  # Another token got the same way is refused the same way.
        except UnauthenticatedError:
            renewed = await self.credentials.token_after(operation.caller, token)
            if renewed is None:
                raise
            operation.budget.spend()
            return await self._body(operation, renewed, path, call, page, accept)

    def _body(  # noqa: PLR0913, PLR0917 — a request's parts.
        self,
        operation: Operation,
        bearer: str,
        path: str,
        call: Call,
        page: PageRequest | None,
        accept: bytes | None,
    ) -> Awaitable[bytes]:
        body = self.calls.body(self._request(operation, bearer, path, page, accept), call)
        if operation.call_log is None:
            return body
        return operation.call_log.noted(path, None if page is None else page.get("offset"), body)

    def _request(
        self, operation: Operation, bearer: str, path: str, page: PageRequest | None, accept: bytes | None
    ) -> httpx.Request:
        # "If there's a timeout, the retry call should include the same value" (docs: headers, 2023).
        headers = [(b"MS-RequestId", new_guid().encode("ascii"))]
        if page is not None:
            headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in page.headers.items()]
        return self._http.get_request(path, headers, page, destination=self._destination(operation, bearer, accept))

    def _destination(self, operation: Operation, bearer: str, accept: bytes | None) -> Destination:
        """Of an operation's calls. Those that are made together have one; no token stays here for longer than that."""
        of = (bearer, operation.correlation_id, accept)
        if self._latest is not None and self._latest[0] == of:
            return self._latest[1]
        headers = [
            *self._headers,
            (b"Authorization", f"Bearer {bearer}".encode("ascii")),
            (b"MS-CorrelationId", operation.correlation_id.encode("ascii")),
        ]
        destination = self._http.destination(headers, accept=accept)
        self._latest = (of, destination)
        asyncio.get_running_loop().call_soon(self._forget)
        return destination

    def _forget(self) -> None:
        self._latest = None
