"""Where each Partner Center cloud is, and where one signs in to it.

Docs: Partner Center REST URLs and enable-secure-app-model, 2023, for the addresses; for the sign-in of the US
Government cloud the PowerShell module's EnvironmentConstants (3.0.10), since the docs have only its REST address.
"""

from typing import NamedTuple


class Cloud(NamedTuple):
    """One Partner Center cloud.

    Attributes:
        base_url: of the REST API, without `/v1`.
        authority: of its sign-in, without a tenant.
        resource: that a token for the REST API names.
    """

    base_url: str
    authority: str
    resource: str


_PUBLIC = "https://api.partnercenter.microsoft.com"
_CHINA = "https://partner.partnercenterapi.microsoftonline.cn"

CLOUDS = {
    "public": Cloud(_PUBLIC, "https://login.microsoftonline.com", _PUBLIC),
    "china": Cloud(_CHINA, "https://login.chinacloudapi.cn", _CHINA),
    "usgov": Cloud(_PUBLIC, "https://login.microsoftonline.us", _PUBLIC),
}
