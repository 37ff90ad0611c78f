"""Where each Partner Center cloud is (docs: Partner Center REST URLs, 2023; for 21Vianet: enable-secure-app-model)."""

from typing import NamedTuple


class Cloud(NamedTuple):
    """One Partner Center cloud.

    Attributes:
        base_url: of the REST API, without `/v1`.
    """

    base_url: str


CLOUDS = {
    "public": Cloud("https://api.partnercenter.microsoft.com"),
    "china": Cloud("https://partner.partnercenterapi.microsoftonline.cn"),
    # The US Government cloud answers at the public address; only its sign-in differs (docs, 2023).
    "usgov": Cloud("https://api.partnercenter.microsoft.com"),
}
