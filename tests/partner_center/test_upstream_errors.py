"""What the caller is told of upstream's failures: a code and a few facts, and nothing that upstream wrote."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ForbiddenError, GatewayError, UpstreamUnreadableError
from gateway.partner_center.answer import retry_after_s
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

SECRET = "Contoso's tenant 4f2a9c"  # Stands in every body, and must stand in no error.

FAULT = b'{"code":"%s","description":"' + SECRET.encode() + b'","data":["' + SECRET.encode() + b'"],"source":"S"}'
APIM = b'{"statusCode":%s,"message":"' + SECRET.encode() + b'"}'
ASPNET = b'{"message":"' + SECRET.encode() + b'"}'
HTML = b"<html><h1>" + SECRET.encode() + b"</h1></html>"


async def failure(serve, connect, operation, answer):
    server = await serve(saying(answer))
    with pytest.raises(GatewayError) as raised:
        await connect(server.url).invoice_summaries(operation)
    return raised.value


@pytest.mark.parametrize(
    ("answer", "extensions"),
    [
        (http(FAULT % b"800002", 400), {"code": "UPSTREAM_ERROR", "upstreamStatus": 400, "upstreamCode": "800002"}),
        (http(ASPNET, 400), {"code": "UPSTREAM_ERROR", "upstreamStatus": 400}),
        (http(APIM % b"400", 400), {"code": "UPSTREAM_ERROR", "upstreamStatus": 400}),
        (http(HTML, 400), {"code": "UPSTREAM_ERROR", "upstreamStatus": 400}),
        (http(FAULT % b"900420", 401), {"code": "WRONG_AUDIENCE"}),
        (http(FAULT % b"400", 401), {"code": "UNAUTHENTICATED"}),
        (http(FAULT % b"900421", 401), {"code": "MFA_REQUIRED"}),
        (http(APIM % b"401", 401), {"code": "UNAUTHENTICATED"}),
        (http(FAULT % b"900329", 403), {"code": "FORBIDDEN", "upstreamCode": "900329"}),
        (http(HTML, 403), {"code": "FORBIDDEN"}),
        (http(FAULT % b"1000", 404), {"code": "UPSTREAM_ERROR", "upstreamStatus": 404, "upstreamCode": "1000"}),
        (http(APIM % b"429", 429), {"code": "RATE_LIMITED", "retryAfter": 5}),
        (http(FAULT % b"800003", 500), {"code": "UPSTREAM_ERROR", "upstreamStatus": 500, "upstreamCode": "800003"}),
        (http(ASPNET, 500), {"code": "UPSTREAM_ERROR", "upstreamStatus": 500}),
        (http(HTML, 503), {"code": "UPSTREAM_ERROR", "upstreamStatus": 503}),
        (http(b"", 503), {"code": "UPSTREAM_ERROR", "upstreamStatus": 503}),
    ],
)
async def test_each_shape_of_error_body_becomes_a_code_without_upstreams_text(
    serve, connect, operation, answer, extensions
):
    error = await failure(serve, connect, operation, answer)

    assert error.extensions == extensions
    assert SECRET not in error.message


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (b'"900329"', "900329"),
        (b"900329", "900329"),
        (b'"a-b_c.D1"', "a-b_c.D1"),
        (b'""', None),
        (b"null", None),
        (b"true", None),
        (b'"see the log"', None),
        (b'"\xd9\xa1"', None),
        (b'"' + b"9" * 33 + b'"', None),
        (b"9" * 5000, None),
        (b"[" * 5000, None),
    ],
)
async def test_only_a_code_that_looks_like_one_is_passed_on(serve, connect, operation, code, told):
    error = await failure(serve, connect, operation, http(b'{"code":' + code + b"}", 403))

    assert isinstance(error, ForbiddenError)
    assert error.upstream_code == told


async def test_a_byte_order_mark_does_not_hide_an_error_code(serve, connect, operation):
    error = await failure(serve, connect, operation, http(b"\xef\xbb\xbf" + FAULT % b"900329", 403))

    assert error.extensions == {"code": "FORBIDDEN", "upstreamCode": "900329"}


async def test_a_long_error_body_is_not_read_for_its_code(serve, connect, operation):
    error = await failure(serve, connect, operation, http(FAULT % b"900329" + b" " * 2**15, 403))

    assert error.extensions == {"code": "FORBIDDEN"}


@pytest.mark.parametrize(
    ("status", "extensions"),
    [
        (401, {"code": "UNAUTHENTICATED"}),
        (403, {"code": "FORBIDDEN"}),
        (429, {"code": "RATE_LIMITED", "retryAfter": 7}),
    ],
)
async def test_a_status_counts_even_where_its_body_breaks_off(serve, connect, operation, status, extensions):
    async def break_off(exchange: Exchange) -> bool:
        await exchange.send(http(b'{"code":"9', status, "Retry-After: 7", length=500))
        return False

    server = await serve(break_off)
    with pytest.raises(GatewayError) as raised:
        await connect(server.url).invoice_summaries(operation)

    assert raised.value.extensions == extensions
    assert len(server.exchanges) == 1


async def test_neither_the_token_nor_upstreams_text_is_logged_even_at_debug(serve, connect, operation, caplog, capsys):
    caplog.set_level("DEBUG")
    await failure(serve, connect, operation, http(FAULT % b"800003", 500))
    logged = caplog.text + capsys.readouterr().out

    assert "stamina.retry_scheduled" in logged
    assert operation.caller.token not in logged
    assert SECRET not in logged


async def test_404_by_id_is_no_invoice_and_not_an_error(serve, connect, operation):
    server = await serve(saying(http(FAULT % b"1000", 404)))

    assert await connect(server.url).invoice(operation, "G000100001") is None
    assert server.paths == ["/v1/invoices/G000100001"]


async def test_another_failure_by_id_is_raised(serve, connect, operation):
    server = await serve(saying(http(FAULT % b"800002", 400)))
    with pytest.raises(GatewayError) as raised:
        await connect(server.url).invoice(operation, "G000100001")

    assert raised.value.extensions == {"code": "UPSTREAM_ERROR", "upstreamStatus": 400, "upstreamCode": "800002"}


async def test_another_invoice_than_the_one_asked_for_is_unreadable(serve, connect, operation):
    server = await serve(saying(http(b'{"id":"G000100002"}')))
    with pytest.raises(UpstreamUnreadableError) as raised:
        await connect(server.url).invoice(operation, "G000100001")

    assert raised.value.message == "Partner Center answered with another invoice."


@pytest.mark.parametrize("id_sent", ["G00010000A", "OneTime-G00010000A", "g00010000a"])
async def test_another_spelling_of_the_invoice_asked_for_is_that_invoice(serve, connect, operation, id_sent):
    server = await serve(saying(http(b'{"id":"%s"}' % id_sent.encode())))
    invoice = await connect(server.url).invoice(operation, "G00010000A")

    assert invoice.id == id_sent.removeprefix("OneTime-")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("57", 57),
        (" 57 ", 57),
        ("0", 0),
        ("86401", 86_400),
        ("9" * 5000, 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_a_date(value, seconds):
    assert retry_after_s(httpx.Response(429, headers={"Retry-After": value})) == seconds


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255)) | st.from_regex(r"\A\w{3}, [\d :+a-zA-Z-]{0,40}\Z"))
def test_any_retry_after_is_seconds_of_a_day_or_none(value):
    seconds = retry_after_s(httpx.Response(429, headers=[(b"Retry-After", value.encode("utf-8"))]))

    assert seconds is None or 0 <= seconds <= 86_400


async def test_no_retry_after_is_none():
    assert retry_after_s(httpx.Response(429)) is None
