"""What resources of Partner Center have in common: views of the values of the same names."""

import strawberry

LINKS = "Addresses in Partner Center's own API."
ATTRIBUTES = "What Partner Center says of the resource as such."


@strawberry.type(description="A header that a link asks to send along.")
class KeyValuePair:
    key: str | None = strawberry.field(description="The header's name.")
    value: str | None = strawberry.field(description="The header's value.")


@strawberry.type(description="An address in Partner Center's own API.")
class Link:
    uri: str | None = strawberry.field(description="Relative to Partner Center's address, as it was sent.")
    method: str | None = strawberry.field(description="The HTTP method to use.")
    headers: list[KeyValuePair] = strawberry.field(description="Headers to send along; empty where there are none.")


@strawberry.type(description="Where Partner Center has a resource, and its neighbours.")
class ResourceLinks:
    self: Link | None = strawberry.field(description="The resource itself.")
    next: Link | None = strawberry.field(description="The next page.")
    previous: Link | None = strawberry.field(description="The previous page.")


@strawberry.type(description="What Partner Center says of a resource as such.")
class ResourceAttributes:
    etag: str | None = strawberry.field(description="Its version.")
    object_type: str | None = strawberry.field(description="Its type's name in Partner Center.")
