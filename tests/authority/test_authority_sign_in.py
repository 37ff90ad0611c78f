"""The authorization code: a page with one button, the way back to the app, and the code's exchange."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import CONTOSO_TENANT, FRONT_END, GATEWAY, GATEWAY_API

SCOPE = f"{GATEWAY_API.uri}/Invoices.Read"
BACK = "http://localhost:8000/back"
VERIFIER = "v" * 43


class Page(HTMLParser):
    """The one form of a page."""

    def __init__(self, text):
        super().__init__()
        self.action = None
        self.fields = {}
        self.buttons = 0
        self.selected = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag != "script"
        if tag == "form":
            self.action = attributes.get("action")
        if tag == "input":
            self.fields[attributes["name"]] = attributes["value"]
        if tag == "option" and "selected" in attributes:
            self.selected.append(attributes["value"])
        self.buttons += tag == "button"


def authorize(authority, tenant=PARTNER, **params):
    usual = {
        "client_id": FRONT_END.id,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": f"{SCOPE} openid offline_access",
        "code_challenge": VERIFIER,
    }
    return authority.get(f"/{tenant}/oauth2/v2.0/authorize", **usual | params)


def press(authority, page, user="ada", tenant=PARTNER):
    """What follows the button; redirects are looked at, not followed."""
    return authority.http.post(
        f"{authority.url}/{tenant}/oauth2/v2.0/authorize",
        data=Page(page.text).fields | {"user": user},
        allow_redirects=False,
        timeout=10,
    )


def code_of(response):
    return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


def exchange(issued, **wanted):
    form = {"grant_type": "authorization_code", "client_id": FRONT_END.id, "code": issued, "redirect_uri": BACK}
    return form | {"code_verifier": VERIFIER} | wanted


def test_msal_signs_a_user_in(authority):
    app = authority.public(FRONT_END)
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post", login_hint="ben")
    page = authority.http.get(flow["auth_uri"], timeout=10)
    assert (Page(page.text).buttons, Page(page.text).selected) == (1, ["ben"])

    handed = Page(press(authority, page, "ben").text)
    assert (handed.action, handed.buttons) == (BACK, 1)
    answer = app.acquire_token_by_auth_code_flow(flow, handed.fields)
    assert authority.verified(answer["access_token"], GATEWAY.id)["preferred_username"] == "ben@partner.example"
    assert authority.verified(answer["id_token"], FRONT_END.id)["name"] == "Ben Billing"
    assert "refresh_token" in answer


def test_a_confidential_app_needs_its_secret_for_the_exchange_as_well(authority):
    app = authority.confidential()
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    handed = Page(press(authority, authority.http.get(flow["auth_uri"], timeout=10)).text)
    answer = app.acquire_token_by_auth_code_flow(flow, handed.fields)

    assert authority.verified(answer["access_token"], GATEWAY.id)["azpacr"] == "1"


def test_the_way_back_is_a_redirect_by_default(authority):
    response = press(authority, authorize(authority, state="s&t", redirect_uri=f"{BACK}?a=1"))
    location = response.headers["location"]

    assert (response.status_code, location.split("?")[0]) == (303, BACK)
    assert [(name, value) for name, value in parse_qsl(urlsplit(location).query) if name != "code"] == [
        ("a", "1"),
        ("state", "s&t"),
    ]


def test_without_a_state_none_comes_back(authority):
    assert "state" not in press(authority, authorize(authority)).headers["location"]


def test_the_page_loads_nothing_and_shows_what_it_was_sent_as_text(authority):
    page = authorize(authority, state='"><script>')

    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert Page(page.text).fields["state"] == '"><script>'
    assert "&quot;&gt;&lt;script&gt;" in page.text


def test_a_code_is_good_once(authority):
    form = exchange(code_of(press(authority, authorize(authority))))

    assert authority.token(**form).json()["scope"] == f"{SCOPE} openid"
    assert authority.refusal(**form) == (400, "invalid_grant", 54005)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"code_verifier": ""}, (400, "invalid_request", 900144)),
        ({"code_verifier": "w" * 43}, (400, "invalid_grant", 501481)),
        ({"redirect_uri": "http://localhost:8000/other"}, (400, "invalid_request", 50011)),
        ({"code": "unknown"}, (400, "invalid_grant", 70000)),
        ({"client_id": GATEWAY.id}, (400, "invalid_grant", 70000)),
    ],
)
def test_a_code_that_does_not_fit_is_refused(authority, wanted, refusal):
    code = code_of(press(authority, authorize(authority)))

    assert authority.refusal(**exchange(code, **wanted)) == refusal
    assert authority.token(**exchange(code)).status_code == 200


def test_a_code_expires(authority):
    authority.control("PUT", "switches", {"authorization_code_lifetime_s": 0})
    code = code_of(press(authority, authorize(authority)))

    assert authority.refusal(**exchange(code)) == (400, "invalid_grant", 70008)


def test_an_app_with_a_secret_may_do_without_pkce(authority):
    page = authorize(authority, client_id=GATEWAY.id, code_challenge="", tenant="organizations")
    form = exchange(code_of(press(authority, page, "eli", "organizations")), client_id=GATEWAY.id, code_verifier="")
    answer = authority.token("common", **form, client_secret=GATEWAY.secret).json()

    claims = authority.verified(answer["access_token"], GATEWAY.id, tenant=CONTOSO_TENANT.id)
    assert claims["preferred_username"] == "eli@contoso.example"


def test_a_sign_in_without_an_api_is_for_graph(authority):
    code = code_of(press(authority, authorize(authority, scope="openid profile User.Read")))
    answer = authority.token(**exchange(code)).json()

    assert answer["scope"] == "https://graph.microsoft.com/User.Read openid profile"
    assert authority.verified(answer["access_token"], "https://graph.microsoft.com", version=1)["scp"] == "User.Read"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"client_id": "nobody"}, 700016),
        ({"redirect_uri": "https://elsewhere.example/back"}, 50011),
        ({"redirect_uri": "javascript://localhost/back"}, 50011),
        ({"response_type": "token"}, 70003),
        ({"scope": "https://nowhere.example/.default"}, 500011),
        ({"code_challenge": ""}, 9002325),
        ({"tenant": "elsewhere"}, 90002),
    ],
)
def test_a_request_that_cannot_be_granted_is_told_on_a_page(authority, params, code):
    response = authorize(authority, **params)

    assert (response.status_code, response.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert f"AADSTS{code}: " in response.text


@pytest.mark.parametrize(("user", "code"), [("eli", 50020), ("nobody", 50034)])
def test_a_user_whom_the_tenant_does_not_have_cannot_sign_in(authority, user, code):
    response = press(authority, authorize(authority), user)

    assert (response.status_code, f"AADSTS{code}: " in response.text) == (400, True)
