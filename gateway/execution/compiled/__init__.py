"""Compiled selections: a validated operation as Python of its own, from billing values to response data.

graphql-core interprets a selection set anew for every value, at 4 to 7 µs a field. What it finds out each time (types,
resolvers, response names, merged fields, which fragments match) follows from the document alone, so it is found out
once and written down as a function.

The function is an optimist. It knows one way for each field, with values of exactly the types that the schema promises.
Whatever else comes, an error of a resolver among it, is a surprise: what it has done so far is forgotten, and
graphql-core executes the operation from its start, over what the operation's loaders have loaded by then. So nulls in
non-null places, errors, their paths and their order are graphql-core's, always.
"""

from gateway.execution.compiled.plans import Plans

__all__ = ["Plans"]
