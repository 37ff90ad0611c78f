"""What can be asked: the GraphQL schema, its types views of billing values, and how much at once."""

from gateway.schema.build import build_schema
from gateway.schema.limits import DocumentLimits

__all__ = ["DocumentLimits", "build_schema"]
