"""Who asks, and whose rights stand behind what they may see."""

import dataclasses
from typing import NamedTuple


class Scope(NamedTuple):
    """The circle within which answers may be shared: all members have the same rights upstream.

    Attributes:
        cloud: name of the Partner Center cloud.
        tenant: the partner's tenant id; empty where no tenant is verified.
        identity: whose rights upstream checked; a secret stands here as its hash only.
    """

    cloud: str
    tenant: str
    identity: str

    @property
    def lane(self) -> str:
        """Whom upstream's limits and failures concern: "by partner tenant" (docs: api-throttling-guidance, 2023).

        Where no tenant is verified, the identity: nobody may throttle another by claiming a tenant.
        """
        return self.tenant or self.identity


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """One who asks.

    Attributes:
        scope: the circle the caller shares answers with.
        token: the bearer token as the caller sent it; kept out of every `repr`.
    """

    scope: Scope
    token: str = dataclasses.field(repr=False)
