"""What a resolver sees of its operation: the loaders, and nothing else."""

import dataclasses

import strawberry

from gateway.loaders import Loaders


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    loaders: Loaders


Info = strawberry.Info[Context, None]
