"""Faults: errors of Entra's on demand, and what else can befall an answer."""

import time

import pytest
import requests
from authority_client import PARTNER

from gateway.sandbox.authority import (
    DAEMON,
    GATEWAY_API,
)

TOKEN = f"/{PARTNER}/oauth2/v2.0/token"
ASKED = {
    "grant_type": "client_credentials",
    "client_id": DAEMON.id,
    "client_secret": DAEMON.secret,
    "scope": f"{GATEWAY_API.uri}/.default",
}


def faults(authority, *rules):
    authority.control("PUT", "faults", list(rules))


def test_a_fault_is_an_error_of_entras(authority):
    faults(authority, {"path": "*/token", "status": 400, "code": "50076", "description": "Again.", "times": 1})
    body = authority.token(**ASKED).json()

    assert (body["error"], body["suberror"], body["error_codes"]) == ("interaction_required", "basic_action", [50076])
    assert body["error_description"].startswith("AADSTS50076: Again. Trace ID: ")
    assert "polids" in body["claims"]
    assert authority.token(**ASKED).status_code == 200


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [(429, "temporarily_unavailable", 90055), (503, "temporarily_unavailable", 90033), (500, "server_error", 0)],
)
def test_a_fault_without_a_code_is_what_the_status_says(authority, status, error, code):
    faults(authority, {"status": status, "retry_after": "3"})
    response = authority.token(**ASKED)

    assert (response.status_code, response.headers["retry-after"]) == (status, "3")
    assert (response.json()["error"], response.json()["error_codes"]) == (error, [code])


def test_a_fault_may_be_for_one_grant(authority):
    faults(authority, {"grant": "on_behalf_of", "status": 503}, {"grant": "refresh_token", "status": 500})

    assert authority.token(**ASKED).status_code == 200
    assert authority.token(grant_type="refresh_token").status_code == 500
    assert authority.control("GET", "faults")[1] == {
        "rule": {"grant": "refresh_token", "status": 500},
        "matched": 1,
        "applied": 1,
    }
    assert authority.control("DELETE", "faults") == []


def test_other_faults_are_the_sandboxs(authority):
    faults(authority, {"status": 502, "body": "html", "times": 1}, {"latency_ms": 120})
    response = authority.token(**ASKED)
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html")
    assert response.text.startswith("<html>")

    began = time.monotonic()
    assert authority.token(**ASKED).status_code == 200
    assert time.monotonic() - began >= 0.12


def test_a_hang_lasts_until_the_client_leaves(authority):
    faults(authority, {"hang": True, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        authority.http.post(f"{authority.url}{TOKEN}", data=ASKED, timeout=0.3)

    assert authority.token(**ASKED).status_code == 200


def test_a_cut_answer_ends_early(authority):
    faults(authority, {"cut": 10, "times": 1})

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        authority.token(**ASKED)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"code": "x", "status": 400}, "Not the number of an AADSTS code: 'x' - at `$[0]`"),
        ({"body": "html"}, 'Body "html" needs a status - at `$[0]`'),
        ({"partner": "x"}, "Object contains unknown field `partner` - at `$[0]`"),
    ],
)
def test_rules_that_make_no_sense_are_refused(authority, rule, message):
    response = authority.http.put(f"{authority.url}/_sandbox/faults", json=[rule], timeout=10)

    assert (response.status_code, response.json()) == (400, {"message": message})
