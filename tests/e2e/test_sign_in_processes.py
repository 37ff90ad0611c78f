"""Signing in as a person does: each mode of the demo, and `gateway login`."""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest
from cryptography.fernet import Fernet

from gateway.cli import main
from gateway.sandbox.authority import ADA, GATEWAY, PARTNER_TENANT, create_authority, make_tls
from gateway.sandbox.server import serve_in_thread
from tests.e2e.gateway_process import GatewayProcess

BALANCES = [
    {"currencyCode": "GBP", "balanceAmount": "751094.39"},
    {"currencyCode": "CHF", "balanceAmount": "1230.33"},
    {"currencyCode": "EUR", "balanceAmount": "1001.12"},
]


@pytest.mark.parametrize("mode", ["obo", "service"])
def test_a_demo_of_each_mode_prints_a_curl_line_that_answers_and_knows_nobody_without_its_token(need, mode):
    need("curl")
    demo = GatewayProcess("demo", "--auth", mode, "--port", "0")
    try:
        until = time.monotonic() + 10
        while "Ctrl+C" not in demo.output and time.monotonic() < until:
            time.sleep(0.05)
        line = demo.output[demo.output.index("curl ") : demo.output.index("Ctrl+C")]
        answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
        without = subprocess.run(
            ["sh", "-c", line.replace("Bearer ey", "Bearer x")], capture_output=True, text=True, check=True
        ).stdout
        with urllib.request.urlopen(f"{demo.url}/readyz") as ready:
            status = json.load(ready)["status"]
        with urllib.request.urlopen(
            urllib.request.Request(f"{demo.url}/graphql", headers={"Accept": "text/html"})
        ) as page:
            html = page.read().decode()
    finally:
        code = demo.stop()

    assert json.loads(answer) == {"data": {"invoiceSummaries": {"items": BALANCES}}}
    assert json.loads(without)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert status == "ok"
    assert line.split("Bearer ")[1].split("'")[0] in html
    assert code == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The address of a sign-in service, and its certificates."""
    tls = make_tls(tmp_path_factory.mktemp("tls"))
    with serve_in_thread(create_authority(), tls=tls) as url:
        yield url, tls


@pytest.fixture
def sign_in(authority, tmp_path):
    """Controls a sign-in service that is as new, and the settings of a gateway that uses it."""
    url, tls = authority
    trusted = ssl.create_default_context(cafile=str(tls.ca))

    def control(method, what, body=None):
        request = urllib.request.Request(
            f"{url}/_sandbox/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, context=trusted) as answer:
            return json.loads(answer.read() or b"null")

    control("DELETE", "state")
    # Who waits for a person asks again after this; Entra's 5 seconds would only be waited for.
    control("PUT", "switches", {"device_interval_s": 1})
    return (
        control,
        {
            "GATEWAY_TENANT_ID": PARTNER_TENANT.id,
            "GATEWAY_CLIENT_ID": GATEWAY.id,
            "GATEWAY_AUTHORITY": url,
            "GATEWAY_CA_BUNDLE": str(tls.ca),
            "GATEWAY_REFRESH_TOKEN_FILE": str(tmp_path / "refresh-token"),
            "GATEWAY_TOKEN_KEY": Fernet.generate_key().decode(),
        },
    )


def login(settings, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "login", *arguments],
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_a_person_signs_in_with_a_code_and_the_status_says_who_and_until_when(sign_in, tmp_path):
    control, settings = sign_in
    before = ended(login(settings, "--status"))
    process = login(settings)
    told = process.stdout.readline()
    control("POST", "device", {"action": "approve", "user": ADA.name})
    code, said = ended(process)
    after = ended(login(settings, "--status"))

    assert before == (
        1,
        "SIGN_IN_REQUIRED: The gateway is not signed in to Partner Center: its operator must run `gateway login`.\n",
    )
    assert told.startswith("Open https://127.0.0.1:")
    assert code == 0
    assert f"Signed in as {ADA.username} of tenant {PARTNER_TENANT.id}; ends on 20" in said
    assert after == (0, said)
    assert (tmp_path / "refresh-token").stat().st_mode & 0o777 == 0o600


def test_a_person_who_refuses_signs_nobody_in(sign_in):
    control, settings = sign_in
    process = login(settings)
    process.stdout.readline()
    control("POST", "device", {"action": "deny"})

    assert ended(process) == (
        1,
        "SIGN_IN_FAILED: Entra refuses the gateway's own app; the gateway's log says why.\n",
    )


def test_a_sign_in_service_that_cannot_be_reached_is_told_in_one_line(sign_in):
    _control, settings = sign_in

    assert ended(login(settings | {"GATEWAY_AUTHORITY": "https://127.0.0.1:9"})) == (
        1,
        "SIGN_IN_UNAVAILABLE: The sign-in service does not answer as it should. Try again.\n",
    )


@pytest.mark.parametrize("missing", ["GATEWAY_TENANT_ID", "GATEWAY_REFRESH_TOKEN_FILE", "GATEWAY_TOKEN_KEY"])
def test_what_signing_in_needs_is_named(*, sign_in, missing, tmp_path, monkeypatch, capsys):
    _control, settings = sign_in
    for name in list(os.environ):
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)
    for name, value in settings.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    code = main(["login"])
    said = "".join(capsys.readouterr())

    assert code == 2
    assert missing in said
    assert said.count("\n") == 1


def test_secrets_are_read_from_a_folder(sign_in, tmp_path):
    _control, settings = sign_in
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "GATEWAY_TOKEN_KEY").write_text(settings["GATEWAY_TOKEN_KEY"] + "\n", encoding="utf-8")
    given = {name: value for name, value in settings.items() if name != "GATEWAY_TOKEN_KEY"}

    code, said = ended(login(given | {"GATEWAY_SECRETS_DIR": str(folder)}, "--status"))

    assert (code, said.partition(":")[0]) == (1, "SIGN_IN_REQUIRED")
