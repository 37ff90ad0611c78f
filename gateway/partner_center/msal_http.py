"""msal's HTTP, bounded: what msal calls in a thread must end, since a thread cannot be cancelled."""

import dataclasses
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

_MAX_BODY_BYTES = 1024**2


@dataclasses.dataclass(frozen=True, slots=True)
class Response:
    """What msal reads of an answer. Its text may hold tokens, and is kept out of every `repr`."""

    status_code: int
    text: str = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(repr=False)


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
        if isinstance(data, Mapping):
            # msal's signed assertions are bytes, which httpx would write as "b'…'".
            data = {name: value.decode() if isinstance(value, bytes) else value for name, value in data.items()}
        sent = {"content": data} if isinstance(data, str | bytes) else {"data": data}
        return self._send(self._http.build_request("POST", url, params=params, headers=headers, **sent))

    def close(self) -> None:
        self._http.close()

    def _send(self, request: httpx.Request) -> Response:
        """The answer.

        Raises:
            httpx.HTTPError: none came in time, or one that is too long, or not JSON.
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
        headers = dict(answer.headers)
        if not _says_to_wait(answer.status_code):
            # msal repeats any answer with this header to whoever asks until then, so one user's token to others.
            headers.pop("retry-after", None)
            # msal logs whole what is not JSON, and a token's beginning may be in it.
            _check_json(body, request)
        return Response(answer.status_code, body.decode("utf-8", "replace"), headers)


def _says_to_wait(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _check_json(body: bytearray, request: httpx.Request) -> None:
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise httpx.DecodingError("the answer is not JSON", request=request) from None
