"""What README.md tells a person to type, typed: plans, persisted queries and trusted documents."""

import json
import re
import subprocess

import pytest

from gateway.app import create_app
from gateway.sandbox import FIRST_PARTNER_TOKEN
from gateway.settings import Settings
from tests.repository.readme_blocks import blocks
from tests.repository.tree import ROOT
from tests.web.test_web_connections import served

ANSWER = (
    '{"data":{"invoiceSummaries":{"items":[{"currencyCode":"GBP","balanceAmount":"751094.39"},'
    '{"currencyCode":"CHF","balanceAmount":"1230.33"},{"currencyCode":"EUR","balanceAmount":"1001.12"}]}}}'
)


def commands(section):
    found = blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    return [block.text for block in found if block.section.startswith(section) and block.language == "sh"]


@pytest.fixture
def typed(need, tmp_path):
    def run(text):
        silent = text.replace("curl", f"{need('curl')} -sS")
        command = ["bash", "-euc", silent]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30).stdout

    return run


def test_a_plan_says_what_an_operation_would_cost(typed, sandbox):
    plan, *_others = commands("Ask")
    app = create_app(Settings(upstream_url=sandbox.url, explain=True), anonymous_token=FIRST_PARTNER_TOKEN)
    with served(app) as (url, _connections):
        answer = json.loads(typed(plan.replace("http://127.0.0.1:8000", url)))
    rows = [(row["path"], row["verdict"], row["least"], row["most"]) for row in answer["extensions"]["plan"]["calls"]]

    assert answer["data"] is None
    assert rows == [("/v1/invoices/{id}", "unknown", 0, 10), ("/v1/invoices", "missing", 1, 100)]
    assert sandbox.calls() == []


def test_persisted_queries_and_trusted_documents(typed, tmp_path, sandbox):
    by_hash, start, by_id, again = commands("Persisted queries")
    manifest, demo = start.splitlines()
    assert demo == "GATEWAY_TRUSTED_DOCUMENTS=trusted.json .venv/bin/gateway demo"

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
