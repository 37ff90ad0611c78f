"""The one shape of an error, and what tests say about it.

    {
        "data": …,                                  only where an operation was executed
        "errors": [
            {
                "message": "One sentence for the caller.",
                "locations": [{"line": 1, "column": 3}],      only where the document is at fault, or a field failed
                "path": ["invoices", "nodes", 2],             only where a field failed
                "extensions": {
                    "code": "UPSTREAM_ERROR",                 one of `ERROR_CODES`
                    "correlationId": "…",                     equals the response's MS-CorrelationId
                    "upstreamStatus": 500,                    and other keys that the table has for the code
                }
            }
        ]
    }

A message holds no traceback, no name of a class, and nothing that Partner Center said.
"""

from gateway.error_codes import ERROR_CODES

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

KEYS = {code.name: set(code.keys) for code in ERROR_CODES}


def errors_of(response):
    """The errors of an answer, each of the canonical shape."""
    answer = response.json()
    assert set(answer) <= {"data", "errors"}
    for error in answer["errors"]:
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert error["message"]
        further = set(error["extensions"]) - {"code", "correlationId"}
        assert further <= KEYS[error["extensions"]["code"]]
        assert error["extensions"]["correlationId"] == response.headers["MS-CorrelationId"]
    return answer["errors"]


def assert_refused(response, status, message, *, code="BAD_REQUEST", media_type=JSON, **headers):
    """The whole answer to a request of which nothing was executed: status, every header, every byte's meaning."""
    correlation_id = response.headers["MS-CorrelationId"]
    sent = dict(response.headers)
    length = sent.pop("content-length")

    assert errors_of(response)
    assert response.status_code == status
    assert response.json() == {
        "errors": [{"message": message, "extensions": {"code": code, "correlationId": correlation_id}}]
    }
    assert int(length) == len(response.content)
    assert sent == {
        "content-type": f"{media_type}; charset=utf-8",
        "vary": "Accept",
        "ms-correlationid": correlation_id,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
