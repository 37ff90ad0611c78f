"""Who calls: from a request's headers to a `Caller`."""

from gateway.identity.passthrough import Passthrough

__all__ = ["Passthrough"]
