"""What can go wrong, as one tree; each kind has a stable code.

```
GatewayError
├── BadRequestError              BAD_REQUEST                the HTTP request is not a GraphQL request
├── PersistedQueryNotFoundError  PERSISTED_QUERY_NOT_FOUND  no document has this hash or id
├── PersistedQueryNotSupportedError
│                                PERSISTED_QUERY_NOT_SUPPORTED
│                                                           hashes are not taken, or not in this version
├── PersistedQueryHashMismatchError
│                                PERSISTED_QUERY_HASH_MISMATCH
│                                                           a document and its hash do not belong together
├── DocumentNotTrustedError      DOCUMENT_NOT_TRUSTED       the document is not in the manifest, and must be
├── LimitExceededError           LIMIT_EXCEEDED             the request is larger than one may be
├── BadUserInputError            BAD_USER_INPUT             an argument or variable is not acceptable
├── NotFoundError                NOT_FOUND                  Partner Center has no such document
├── UnauthenticatedError         UNAUTHENTICATED            no token, a bad token, or upstream refused it
│   ├── WrongAudienceError       WRONG_AUDIENCE             the token is for another service (upstream's 900420)
│   └── MfaRequiredError         MFA_REQUIRED               the token shows no MFA (upstream's 900421)
├── ForbiddenError               FORBIDDEN                  the caller may not: says upstream, the token, or the door
├── RateLimitedError             RATE_LIMITED               upstream throttles; wait `retryAfter` seconds
├── SignInRequiredError          SIGN_IN_REQUIRED           a person must run `gateway login`
├── SignInFailedError            SIGN_IN_FAILED             Entra refuses the gateway's own app
├── SignInUnavailableError       SIGN_IN_UNAVAILABLE        Entra does not answer as it should
├── OverloadedError              OVERLOADED                 this process has no room for the call in time
├── NotCachedError               NOT_CACHED                 the caller wants no upstream call, and nothing is kept
├── UpstreamBudgetExceededError  UPSTREAM_BUDGET_EXCEEDED   the operation needs too many upstream calls
└── UpstreamError                UPSTREAM_ERROR             upstream answered with a failure
    ├── NotAvailableError        NOT_AVAILABLE              upstream serves this for older invoices only
    ├── UpstreamUnreadableError  UPSTREAM_UNREADABLE        upstream's answer cannot be understood
    ├── UpstreamTimeoutError     UPSTREAM_TIMEOUT           upstream did not answer in time
    └── UpstreamUnavailableError UPSTREAM_UNAVAILABLE       upstream cannot be reached
```

A message is written for the caller and holds nothing of upstream's: no body, no host, no path.
`error_codes` has each code's HTTP status.
"""

from gateway.errors.base import GatewayError
from gateway.errors.persisted import (
    DocumentNotTrustedError,
    PersistedQueryHashMismatchError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
)
from gateway.errors.request import (
    BadRequestError,
    BadUserInputError,
    LimitExceededError,
    NotCachedError,
    NotFoundError,
    UpstreamBudgetExceededError,
)
from gateway.errors.rights import (
    ForbiddenError,
    MfaRequiredError,
    SignInFailedError,
    SignInRequiredError,
    SignInUnavailableError,
    UnauthenticatedError,
    WrongAudienceError,
)
from gateway.errors.upstream import (
    NotAvailableError,
    OverloadedError,
    RateLimitedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)

__all__ = [
    "BadRequestError",
    "BadUserInputError",
    "DocumentNotTrustedError",
    "ForbiddenError",
    "GatewayError",
    "LimitExceededError",
    "MfaRequiredError",
    "NotAvailableError",
    "NotCachedError",
    "NotFoundError",
    "OverloadedError",
    "PersistedQueryHashMismatchError",
    "PersistedQueryNotFoundError",
    "PersistedQueryNotSupportedError",
    "RateLimitedError",
    "SignInFailedError",
    "SignInRequiredError",
    "SignInUnavailableError",
    "UnauthenticatedError",
    "UpstreamBudgetExceededError",
    "UpstreamError",
    "UpstreamTimeoutError",
    "UpstreamUnavailableError",
    "UpstreamUnreadableError",
    "WrongAudienceError",
]
