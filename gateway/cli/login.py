"""`gateway login`: a person signs the gateway in, once; `--status` says who did, and until when."""

import argparse
import datetime as dt

from gateway.auth_modes import authority_of, build_store, scope_of
from gateway.errors import GatewayError
from gateway.partner_center.device_login import sign_in_by_device
from gateway.partner_center.msal_http import MsalHTTPClient
from gateway.partner_center.trust import tls_context
from gateway.settings import Settings, SettingsError

_TIMEOUT_S = 10.0


def run_login(options: argparse.Namespace) -> int:
    settings = Settings.read()
    store = build_store(settings)
    try:
        if options.status:
            held = store.load()
        else:
            if settings.client_id is None or settings.tenant_id is None:
                raise SettingsError("GATEWAY_TENANT_ID, GATEWAY_CLIENT_ID: both are needed to sign in")
            http = MsalHTTPClient(tls_context(settings.ca_bundle), timeout_s=_TIMEOUT_S)
            try:
                held = sign_in_by_device(
                    client_id=settings.client_id,
                    authority=f"{authority_of(settings)}/{settings.tenant_id}",
                    scope=scope_of(settings),
                    http=http,
                    tell=lambda address, code: print(f"Open {address} and enter {code}", flush=True),
                )
            finally:
                http.close()
            store.save(held)
    except GatewayError as error:
        print(f"{error.code}: {error.message}")
        return 1
    until = dt.datetime.fromtimestamp(held.expires_at_s, dt.UTC).date()
    print(f"Signed in as {held.user} of tenant {held.tenant}; ends on {until} unless it is used before.")
    return 0
