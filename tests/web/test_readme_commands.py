"""What README.md's section on persisted queries tells a person to type, typed."""

import re
import subprocess

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN
from gateway.settings import Settings
from tests.repository.tree import ROOT
from tests.web.test_web_connections import served

ANSWER = (
    '{"data":{"invoiceSummaries":{"items":[{"currencyCode":"GBP","balanceAmount":"751094.39"},'
    '{"currencyCode":"CHF","balanceAmount":"1230.33"},{"currencyCode":"EUR","balanceAmount":"1001.12"}]}}}'
)
SECTION = re.compile(r"^## Persisted queries.*?(?=^## )", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands():
    (section,) = SECTION.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return BLOCK.findall(section)


def test_the_readmes_commands_do_what_they_are_said_to(need, tmp_path, sandbox):
    by_hash, start, by_id, again = commands()
    manifest, demo = start.splitlines()
    assert demo == "GATEWAY_TRUSTED_DOCUMENTS=trusted.json .venv/bin/gateway demo"

    def typed(text):
        silent = text.replace("curl", f"{need('curl')} -sS")
        command = ["bash", "-euc", silent]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30).stdout

    assert typed(manifest) == ""
    settings = Settings(upstream_url=sandbox.url, trusted_documents=tmp_path / "trusted.json")
    app = create_app(settings, anonymous_token=FIRST_PARTNER_TOKEN)
    with served(app) as (url, _connections):
        answers = [typed(block.replace("http://127.0.0.1:8000", url)) for block in (by_hash, by_id)]
        here = again.replace("http://127.0.0.1:8000", url)
        first = typed(here)
        (tag,) = re.findall(r'^etag: "(\w+)"', first, re.MULTILINE)
        second = typed(here.replace("TAG", tag))

    assert answers == [ANSWER * 2, ANSWER * 3]
    assert [each.splitlines()[0] for each in (first, second)] == ["HTTP/1.1 200 OK", "HTTP/1.1 304 Not Modified"]
    assert sandbox.calls() == ["/v1/invoices/summaries"]
