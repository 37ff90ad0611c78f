"""What is wrong with the name of a document, or with a document that has none.

The first two messages are words of Apollo's protocol, which clients compare.
"""

from gateway.errors.base import GatewayError


class PersistedQueryNotFoundError(GatewayError):
    """No document has this hash or id. Whoever knows the document sends it again, with its hash."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupportedError(GatewayError):
    """Hashes are not taken here, or not in this version of the protocol. Clients cease to send them."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class PersistedQueryHashMismatchError(GatewayError):
    """The document that came with a hash has another one."""

    code = "PERSISTED_QUERY_HASH_MISMATCH"

    def __init__(self) -> None:
        super().__init__("The hash is not that of the document: send its SHA-256, in small hexadecimal digits.")


class DocumentNotTrustedError(GatewayError):
    """The document is none of the manifest's, and no other is run here."""

    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self) -> None:
        super().__init__("This gateway runs trusted documents only, and this is none of them.")
