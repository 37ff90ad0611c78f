"""Every `extensions.code` there is, the gateway's and GraphQL's, and its HTTP status: the README's table."""

from typing import NamedTuple


class ErrorCode(NamedTuple):
    """One row of the README's table.

    Attributes:
        name: the stable `extensions.code`.
        http_status: of an `application/graphql-response+json` answer where nothing was executed for it.
        keys: further keys of `extensions`, besides `code` and `correlationId`.
        meaning: when it is given.
    """

    name: str
    http_status: int
    keys: tuple[str, ...]
    meaning: str


ERROR_CODES = (
    ErrorCode(
        "BAD_REQUEST", 400, (), "The HTTP request is not a GraphQL request (also 404, 405, 406, 408, 413, 415, 431)."
    ),
    ErrorCode("GRAPHQL_PARSE_FAILED", 400, (), "The document is not GraphQL."),
    ErrorCode("GRAPHQL_VALIDATION_FAILED", 400, (), "The document does not fit the schema."),
    ErrorCode("OPERATION_RESOLUTION_FAILURE", 400, (), "No operation of that name, or several and no name."),
    ErrorCode(
        "PERSISTED_QUERY_NOT_FOUND", 404, (), "No document is known by this hash or `documentId`: send the document."
    ),
    ErrorCode("PERSISTED_QUERY_NOT_SUPPORTED", 400, (), "Hashes of documents are not taken, or not in this `version`."),
    ErrorCode("PERSISTED_QUERY_HASH_MISMATCH", 400, (), "The document has another hash than the one sent with it."),
    ErrorCode("DOCUMENT_NOT_TRUSTED", 403, (), "The document is not in the manifest, and only those are run."),
    ErrorCode("LIMIT_EXCEEDED", 400, ("limit", "maximum"), "The request is larger, or asks for more, than one may."),
    ErrorCode("BAD_USER_INPUT", 400, (), "A variable or argument is not acceptable."),
    ErrorCode("NOT_FOUND", 404, (), "Partner Center has no document of this path."),
    ErrorCode("UNAUTHENTICATED", 401, (), "No token, a token that cannot be used, or upstream refused it."),
    ErrorCode("WRONG_AUDIENCE", 401, (), "The token is for another service than Partner Center."),
    ErrorCode("MFA_REQUIRED", 401, (), "Partner Center wants a token that shows multi-factor authentication."),
    ErrorCode("SIGN_IN_REQUIRED", 503, (), "The gateway's own sign-in has ended: run `gateway login`."),
    ErrorCode("SIGN_IN_FAILED", 503, (), "Entra refuses the gateway's app: its credential or its permissions."),
    ErrorCode("SIGN_IN_UNAVAILABLE", 503, (), "The sign-in service does not answer as it should."),
    ErrorCode(
        "FORBIDDEN",
        403,
        ("upstreamCode",),
        "Upstream refuses the caller this resource, the token lacks the scope or role, the page may not ask, or "
        "operations are not explained.",
    ),
    ErrorCode("RATE_LIMITED", 429, ("retryAfter",), "Upstream throttles; wait that many seconds."),
    ErrorCode("UPSTREAM_ERROR", 502, ("upstreamStatus", "upstreamCode"), "Upstream answered with a failure."),
    ErrorCode(
        "NOT_AVAILABLE",
        502,
        ("upstreamStatus", "upstreamCode"),
        "Upstream serves this for older invoices only; the message says where it is to be had.",
    ),
    ErrorCode("UPSTREAM_UNREADABLE", 502, (), "Upstream's answer cannot be understood."),
    ErrorCode("UPSTREAM_TIMEOUT", 504, (), "Upstream did not answer in time."),
    ErrorCode("UPSTREAM_UNAVAILABLE", 503, (), "Upstream cannot be reached, or wants to be left alone."),
    ErrorCode(
        "UPSTREAM_BUDGET_EXCEEDED",
        400,
        ("upstreamCalls", "maxUpstreamCalls"),
        "The operation needs more upstream calls than one may make.",
    ),
    ErrorCode("NOT_CACHED", 504, (), "The request is `only-if-cached`, and nothing is kept for it."),
    ErrorCode(
        "OVERLOADED",
        503,
        (),
        "The gateway has more to do than it can in time, or is ending; `Retry-After` says when to ask again.",
    ),
    ErrorCode("INTERNAL_SERVER_ERROR", 500, (), "A fault of the gateway; its log has it under the correlation id."),
)

HTTP_STATUS = {code.name: code.http_status for code in ERROR_CODES}
