"""The playground's page and files over HTTP, with stand-ins for the files that the build fetches."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from graphql import parse
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.web.playground import playground_page, playground_routes
from gateway.web.playground.assets import OUR_FILES, STATIC, VENDOR_FILES, load_assets

pytestmark = pytest.mark.anyio

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
SCRIPT = b"console.log('graphiql');\n" * 100


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    for name in VENDOR_FILES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    return tmp_path


def client_for(vendor: Path) -> httpx.AsyncClient:
    page = Route("/graphql", lambda request: playground_page(request, vendor))
    app = Starlette(routes=[page, *playground_routes(vendor)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test:8000")


@pytest.fixture
async def client(vendor: Path):
    async with client_for(vendor) as client:
        yield client


@pytest.fixture
def base(vendor: Path) -> str:
    return f"/playground/{load_assets(vendor).digest}"


def picked(response: httpx.Response, names) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in names}


async def test_the_page_is_strict_and_never_cached_unseen(client):
    response = await client.get("/graphql")

    assert response.status_code == 200
    assert picked(response, SECURITY) == SECURITY
    assert picked(response, ["content-type", "cache-control", "vary"]) == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "vary": "Accept",
    }
    assert "<title>Partner Center Gateway</title>" in response.text


async def test_the_page_has_no_inline_code_and_no_address_of_another_host(client):
    page = (await client.get("/graphql")).text

    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    assert re.findall(r"\son\w+=|<style|https?:|//", page) == []


async def test_every_file_the_page_names_is_there(client, base):
    page = (await client.get("/graphql")).text
    links = re.findall(r'(?:href|src)="([^"]+)"', page)

    assert links == [
        f"{base[1:]}/favicon.svg",
        f"{base[1:]}/vendor/graphiql.css",
        f"{base[1:]}/style.css",
        f"{base[1:]}/vendor/graphiql.js",
        f"{base[1:]}/boot.js",
    ]
    assert [(await client.get(f"/{link}")).status_code for link in links] == [200] * 5


@pytest.mark.parametrize(("name", "media_type"), OUR_FILES.items())
async def test_our_files_are_sent_as_they_are_for_ever(client, base, name, media_type):
    response = await client.get(f"{base}/{name}")

    assert response.status_code == 200
    assert response.content == (STATIC / name).read_bytes()
    assert picked(response, SECURITY) == SECURITY
    assert picked(response, ["content-type", "cache-control", "content-encoding"]) == {
        "content-type": media_type,
        "cache-control": "public, max-age=31536000, immutable",
        "content-encoding": None,
    }


@pytest.mark.parametrize(("name", "media_type"), VENDOR_FILES.items())
async def test_fetched_files_are_sent_compressed(client, base, name, media_type):
    response = await client.get(f"{base}/vendor/{name}", headers={"Accept-Encoding": "br, gzip"})

    assert response.content == SCRIPT  # httpx unpacks.
    assert picked(response, SECURITY) == SECURITY
    assert picked(response, ["content-type", "cache-control", "content-encoding", "vary", "content-length"]) == {
        "content-type": media_type,
        "cache-control": "public, max-age=31536000, immutable",
        "content-encoding": "gzip",
        "vary": "Accept-Encoding",
        "content-length": str(len(gzip.compress(SCRIPT, mtime=0))),
    }


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br, *", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("", None),
        ("br", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip; q=0.000, *", None),
    ],
)
async def test_only_who_accepts_gzip_gets_it(client, base, accepted, encoding):
    response = await client.get(f"{base}/vendor/graphiql.js", headers={"Accept-Encoding": accepted})

    assert response.content == SCRIPT
    assert picked(response, ["content-encoding", "vary"]) == {
        "content-encoding": encoding,
        "vary": "Accept-Encoding",
    }


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
@pytest.mark.parametrize("name", ["boot.js", "vendor/graphiql.js"])
async def test_head_has_the_headers_of_get_and_no_body(client, base, name, accepted):
    got = await client.get(f"{base}/{name}", headers={"Accept-Encoding": accepted})
    head = await client.head(f"{base}/{name}", headers={"Accept-Encoding": accepted})

    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize(
    "path",
    [
        "{base}/absent.js",
        "{base}/index.html",
        "{base}/vendor/graphiql.js.gz",
        "{base}/",
        "/playground/000000000000/boot.js",
        "{base}/..%2f..%2f__init__.py",
        "{base}/%2e%2e/%2e%2e/assets.py",
        "{base}/vendor/..%2fboot.js",
        "{base}/%2fetc%2fpasswd",
        "{base}/boot.js%00",
    ],
)
async def test_nothing_else_is_served(client, base, path):
    response = await client.get(path.format(base=base))

    assert response.request.url.raw_path == path.format(base=base).encode()  # Sent as hostile as written.
    assert (response.status_code, response.text) == (404, "Not found\n")
    assert picked(response, SECURITY) == SECURITY


async def test_files_are_read_only(client, base):
    assert (await client.post(f"{base}/boot.js")).status_code == 405


async def test_without_fetched_files_the_page_explains_itself(tmp_path):
    async with client_for(tmp_path) as client:
        response = await client.get("/graphql?query=%7B__typename%7D")
        style = re.search(r'rel="stylesheet" href="([^"]+)"', response.text)

        assert response.status_code == 200
        assert picked(response, SECURITY) == SECURITY
        assert "was not built into this installation" in response.text
        assert response.text.count("curl http://gateway.test:8000/graphql \\\n") == 2
        assert "<script" not in response.text
        assert (await client.get(f"/{style[1]}")).status_code == 200


async def test_one_missing_file_is_as_good_as_none(vendor):
    (vendor / "json.worker.js.gz").unlink()

    async with client_for(vendor) as client:
        assert "was not built" in (await client.get("/graphql")).text
        assert (await client.get(f"/playground/{load_assets(vendor).digest}/vendor/graphiql.js")).status_code == 404


async def test_the_host_header_cannot_write_into_the_help_page(tmp_path):
    async with client_for(tmp_path) as client:
        response = await client.get("/graphql", headers={"Host": "a<script>b"})

    assert "<script" not in response.text


async def test_the_address_changes_with_the_content(vendor, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for name in VENDOR_FILES:
        (other / f"{name}.gz").write_bytes((vendor / f"{name}.gz").read_bytes())
    same = load_assets(other).digest
    (other / "graphiql.js.gz").write_bytes(gzip.compress(b"newer", mtime=0))
    load_assets.cache_clear()

    assert load_assets(vendor).digest == same
    assert load_assets(other).digest != same


async def test_the_build_fetches_what_the_page_serves():
    hook = Path(__file__).parents[2] / "gateway" / "_build" / "playground.py"

    assert sorted(re.findall(r'"([\w.]+)\.gz"', hook.read_text())) == sorted(VENDOR_FILES)


async def test_the_first_query_is_one_operation_without_variables():
    (operation,) = parse((STATIC / "first_query.graphql").read_text()).definitions

    assert (operation.operation.value, operation.variable_definitions) == ("query", None)
