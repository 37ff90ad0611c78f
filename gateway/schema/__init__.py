"""What can be asked: the GraphQL schema, its types views of billing values."""

from gateway.schema.build import build_schema

__all__ = ["build_schema"]
