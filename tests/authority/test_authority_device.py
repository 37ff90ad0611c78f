"""The device flow: a code that is shown, a page where it is typed, and polling until then."""

import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import CONTOSO_TENANT, DAEMON, FRONT_END, GATEWAY, PARTNER_CENTER

SCOPE = f"{PARTNER_CENTER.uri}/.default"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def _fast(authority):
    authority.control("PUT", "switches", {"device_interval_s": 0})


def start(authority, tenant=PARTNER, client_id=GATEWAY.id, scope=f"{SCOPE} offline_access"):
    form = {"client_id": client_id, "scope": scope}
    return authority.http.post(f"{authority.url}/{tenant}/oauth2/v2.0/devicecode", data=form, timeout=10)


def poll(authority, device_code, client_id=GATEWAY.id):
    return {"grant_type": GRANT, "client_id": client_id, "device_code": device_code}


def test_a_user_signs_in_on_a_device(authority):
    app = authority.public(GATEWAY)
    flow = app.initiate_device_flow([SCOPE])
    page = authority.http.get(flow["verification_uri"], params={"user_code": flow["user_code"]}, timeout=10)
    assert flow["verification_uri"] == f"{authority.url}/device"
    assert flow["message"] == (
        f"To sign in, use a web browser to open the page {authority.url}/device "
        f"and enter the code {flow['user_code']} to authenticate."
    )
    assert f'value="{flow["user_code"]}"' in page.text

    typed = {"user_code": f" {flow['user_code'].lower()} ", "user": "ben"}
    told = authority.http.post(flow["verification_uri"], data=typed, timeout=10)
    assert (told.status_code, "You have signed in" in told.text) == (200, True)

    answer = app.acquire_token_by_device_flow(flow)
    claims = authority.verified(answer["access_token"], PARTNER_CENTER.uri, version=1)
    assert (claims["upn"], claims["amr"], claims["appidacr"]) == ("ben@partner.example", ["pwd", "mfa"], "0")
    # The refresh token of the secure application model: had once by hand, redeemed by the gateway with its secret.
    renewed = authority.confidential().acquire_token_by_refresh_token(answer["refresh_token"], [SCOPE])
    assert renewed["id_token_claims"]["oid"] == claims["oid"]


def test_the_control_endpoint_approves_in_the_users_place(authority):
    first, second = (start(authority, "organizations").json() for _ in range(2))
    waiting = authority.control("GET", "device")
    assert [entry["user_code"] for entry in waiting] == [first["user_code"], second["user_code"]]

    approved = authority.control("POST", "device", {"action": "approve", "user": "eli"})
    assert approved == {"user_code": second["user_code"]}
    answer = authority.token("organizations", **poll(authority, second["device_code"])).json()
    claims = authority.verified(answer["access_token"], PARTNER_CENTER.uri, 1, CONTOSO_TENANT.id)
    assert claims["upn"] == "eli@contoso.example"
    assert len(authority.control("GET", "device")) == 1


def test_it_is_pending_until_the_user_decides_and_good_once(authority):
    flow = start(authority).json()
    form = poll(authority, flow["device_code"])

    assert authority.refusal(**form) == (400, "authorization_pending", 70016)
    authority.control("POST", "device", {"action": "approve", "user_code": flow["user_code"]})
    assert authority.token(**form).status_code == 200
    assert authority.refusal(**form) == (400, "bad_verification_code", 70018)


def test_a_user_may_decline(authority):
    flow = start(authority).json()
    authority.control("POST", "device", {"action": "deny"})

    assert authority.refusal(**poll(authority, flow["device_code"])) == (400, "authorization_declined", 65004)


def test_polling_too_fast_is_slowed_down(authority):
    authority.control("PUT", "switches", {"device_interval_s": 5})
    flow = start(authority).json()
    form = poll(authority, flow["device_code"])

    assert flow["interval"] == 5
    assert [authority.refusal(**form)[1] for _ in range(3)] == ["authorization_pending", "slow_down", "slow_down"]


def test_msal_gives_up_with_the_code_it_was_given(authority):
    authority.control("PUT", "switches", {"device_code_lifetime_s": 0, "device_interval_s": 0})
    app = authority.public(GATEWAY)
    flow = app.initiate_device_flow([SCOPE])

    assert flow["expires_in"] == 0
    assert app.acquire_token_by_device_flow(flow)["error"] == "expired_token"
    assert authority.control("GET", "device") == []


@pytest.mark.parametrize(
    ("wanted", "status", "error"),
    [
        ({"client_id": ""}, 400, "invalid_request"),
        ({"client_id": "nobody"}, 400, "unauthorized_client"),
        ({"client_id": DAEMON.id}, 401, "invalid_client"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource"),
        ({"tenant": "elsewhere"}, 400, "invalid_tenant"),
    ],
)
def test_a_device_that_cannot_sign_in_is_refused_at_once(authority, wanted, status, error):
    response = start(authority, **wanted)

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_another_apps_device_code_is_not_known(authority):
    flow = start(authority).json()

    assert authority.refusal(**poll(authority, flow["device_code"], FRONT_END.id))[1] == "bad_verification_code"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"user_code": "BBBBBBBBB"}, "AADSTS70018: Invalid verification code."),
        ({"user": "nobody"}, "AADSTS50034: The user account does not exist in the directory."),
        ({"user": "eli"}, "AADSTS50020: The user account does not exist in the tenant."),
        ({"user_code": ""}, "AADSTS900144: The request body must contain the following parameter:"),
    ],
)
def test_the_page_tells_what_is_wrong(authority, typed, message):
    flow = start(authority).json()
    form = {"user_code": flow["user_code"], "user": "ada"} | typed
    response = authority.http.post(f"{authority.url}/device", data=form, timeout=10)

    assert (response.status_code, message in response.text) == (400, True)
    assert [entry["user_code"] for entry in authority.control("GET", "device")] == [flow["user_code"]]


def test_nothing_is_approved_where_nothing_waits(authority):
    response = authority.http.post(f"{authority.url}/_sandbox/device", json={"action": "approve"}, timeout=10)

    assert (response.status_code, response.json()["error"]) == (400, "bad_verification_code")
