"""How large a question may be. What is checked here costs no more than in proportion to the document's length."""

from gateway.schema.limits.maxima import DocumentLimits

__all__ = ["DocumentLimits"]
