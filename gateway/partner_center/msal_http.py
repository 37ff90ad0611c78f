"""msal's HTTP, bounded: what msal calls in a thread must end, since a thread cannot be cancelled."""

import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

_MAX_BODY_BYTES = 1024**2


class Response(NamedTuple):
    """What msal reads of an answer."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class MsalHTTPClient:
    """Gets and posts, following no redirect, reading no proxy from the environment.

    Args:
        tls: whom to trust.
        timeout_s: for one call, however slowly its answer comes.
        transport: carries the calls, in place of the network.
    """

    def __init__(self, tls: ssl.SSLContext, *, timeout_s: float, transport: httpx.BaseTransport | None = None) -> None:
        self._timeout_s = timeout_s
        self._http = httpx.Client(verify=tls, timeout=timeout_s, trust_env=False, transport=transport)

    def get(self, url: str, params: Any = None, headers: Any = None, **_options: Any) -> Response:
        return self._send(self._http.build_request("GET", url, params=params, headers=headers))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_options: Any) -> Response:
        sent = {"content": data} if isinstance(data, str | bytes) else {"data": data}
        return self._send(self._http.build_request("POST", url, params=params, headers=headers, **sent))

    def close(self) -> None:
        self._http.close()

    def _send(self, request: httpx.Request) -> Response:
        """The answer.

        Raises:
            httpx.HTTPError: none came in time, or one that is too long.
        """
        until = time.monotonic() + self._timeout_s
        answer = self._http.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise httpx.RemoteProtocolError("the answer is too long", request=request)
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer came too slowly", request=request)
        finally:
            answer.close()
        return Response(answer.status_code, body.decode("utf-8", "replace"), dict(answer.headers))
