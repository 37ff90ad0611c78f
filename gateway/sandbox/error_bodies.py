"""The bodies of errors: four shapes, one per layer that can refuse a request."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import responses
from typing import Final

# Status -> code and description of the service's fault (docs error-codes, 2023).
_FAULTS: Final[dict[int, tuple[str, str]]] = {
    400: ("800002", "Invalid request input."),
    401: ("400", "Access denied."),
    403: ("2032", "Access denied."),
    404: ("1000", "Not found."),
    # Not in the table: its code for what has none.
    405: ("0", "The method is not allowed."),
    501: ("0", "Exception not defined."),
}
_UNEXPECTED: Final = ("800003", "Unexpected service error.")


class RefusedError(Exception):
    """An endpoint's refusal, as it goes out."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def fault(status: int, code: str | None = None, description: str | None = None) -> bytes:
    """Partner Center's own fault; the code is always a string (docs error-codes, 2023)."""
    usual_code, usual_description = _FAULTS.get(status, _UNEXPECTED)
    return _json(
        {
            "code": usual_code if code is None else code,
            "description": usual_description if description is None else description,
            "data": [],
            "source": "PartnerCenterSandbox",
        }
    )


def apim(status: int, retry_after: str | None = None, description: str | None = None) -> bytes:
    """What the API management layer in front of the service says (docs api-throttling-guidance, 2020)."""
    if description is None:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            description = f"Rate limit is exceeded. Try again in {retry_after or 'some'} seconds."
        else:
            description = responses.get(status, "Refused")
    return _json({"statusCode": status, "message": description})


def aspnet(description: str | None = None) -> bytes:
    """What the web framework says of a request it cannot bind (observed: Partner-Center-Java, issue 97)."""
    return _json({"message": "The request is invalid." if description is None else description})


def html(status: int) -> bytes:
    """What a proxy on the way says (assumed: the .NET SDK expects bodies that are not JSON)."""
    return f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>".encode()


def invalid_request() -> RefusedError:
    return RefusedError(400, aspnet())


def not_found() -> RefusedError:
    return RefusedError(404, fault(404))


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
