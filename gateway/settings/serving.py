"""Settings of what is served, from where, and within which limits."""

from importlib.util import find_spec
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ByteSize, Field, PositiveInt
from pydantic_settings import BaseSettings

from gateway.settings.values import Address, Port, Seconds, SecondsOrZero

# A balance of yesterday misleads; an invoice of yesterday is still that invoice.
_SUMMARIES_STALE_IF_ERROR_S = 60 * 60
_INVOICES_STALE_IF_ERROR_S = 24 * 60 * 60


def _without_version(value: str) -> str:
    if urlsplit(value).path.endswith("/v1"):
        raise ValueError("must not end in /v1; the gateway adds it")
    return value


def _known_store(value: str) -> str:
    scheme, separator, _rest = value.partition("://")
    if not separator or scheme not in ("memory", "none", "redis", "rediss"):
        raise ValueError("must begin with memory://, none://, redis:// or rediss://")
    if scheme.startswith("redis"):
        if find_spec("redis") is None:
            raise ValueError("Redis is an extra: pip install '.[redis]'")
        if not _is_redis_address(value):
            raise ValueError("must be like redis://user:password@host:6379/0, percent-encoded where needed")
    return value


def _is_redis_address(value: str) -> bool:
    """Told without the reason: urllib's would show parts of a password that is not percent-encoded."""
    try:
        url = urlsplit(value)
        return url.port != 0 and (url.path.strip("/") or "0").isdigit()
    except ValueError:
        return False


class ServingSettings(BaseSettings):
    """What is served, from where, and within which limits."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8000, description="Port to listen on; 0 takes a free one.")
    cloud: Literal["public", "china", "usgov"] = Field("public", description="The Partner Center cloud.")
    upstream_url: Annotated[Address, AfterValidator(_without_version)] | None = Field(
        None,
        description="Partner Center's address without `/v1`, where it is not the cloud's own. "
        "Plain http is taken on loopback only.",
    )
    cache_url: Annotated[str, AfterValidator(_known_store)] = Field(
        "memory://",
        repr=False,  # A Redis address may hold a password.
        description="Where answers are kept: `memory://`, `redis://…`, `rediss://…`, or `none://` (nowhere).",
    )
    cache_max_bytes: ByteSize = Field(
        ByteSize(16 * 1024**2), ge=0, description="Most memory for kept answers; `64MiB` may be written."
    )
    answers_max_bytes: ByteSize = Field(
        ByteSize(12 * 1024**2),
        ge=0,
        description="Most memory for whole answers, kept while every part of them is fresh; 0 keeps none.",
    )
    invoice_fresh_s: Seconds = Field(
        300,
        description="Seconds for which an invoice read by id is served as it is. "
        "Its PDF link is served for 1500 at most, since it works for 1800.",
    )
    invoice_stale_s: SecondsOrZero = Field(
        1200, description="Seconds after those for which it is served at once and renewed behind."
    )
    list_fresh_s: Seconds = Field(
        60, description="Seconds for which the summaries and the invoice collection are served as they are."
    )
    list_stale_s: SecondsOrZero = Field(
        240, description="Seconds after those for which they are served at once and renewed behind."
    )
    stale_if_error_s: SecondsOrZero | None = Field(
        None,
        description="Seconds after the fresh ones for which an answer stands in where upstream fails, throttles or is "
        "cut off; without it a day for invoices and an hour for summaries.",
    )
    not_found_fresh_s: Seconds = Field(30, description="Seconds for which it is remembered that no invoice has an id.")
    deadline_s: Seconds = Field(10, description="Seconds after which an operation is answered, whatever is there.")
    upstream_timeout_s: Seconds = Field(60, description="Seconds for one upstream call, all its tries included.")
    upstream_concurrency: PositiveInt = Field(
        16, description="Upstream calls at once, in this process; of eight, one is kept for other tenants."
    )
    max_upstream_calls: PositiveInt = Field(
        120, description="Upstream calls that one operation may make; each may be tried twice."
    )
    max_body_bytes: ByteSize = Field(ByteSize(1024**2), ge=1, description="Longest body of a request.")
    max_pdf_bytes: ByteSize = Field(
        ByteSize(16 * 1024**2), ge=1, description="Longest PDF that is handed on, of a statement or a tax receipt."
    )
    max_connections: PositiveInt = Field(1000, description="Callers' connections at once; more are told `OVERLOADED`.")
    drain_s: SecondsOrZero = Field(
        0,
        description="Seconds from the signal that ends the process to the end of listening, for which requests are "
        "answered and `/readyz` is 503: long enough for a load balancer to see it.",
    )
    max_document_bytes: ByteSize = Field(ByteSize(64 * 1024), ge=1, description="Longest document, in UTF-8.")
    max_tokens: PositiveInt = Field(6000, description="Tokens of a document, comments included.")
    max_depth: PositiveInt = Field(15, description="Levels of fields in an operation; introspection is not counted.")
    max_aliases: PositiveInt = Field(
        250, description="Aliases in an operation; a fragment's count as often as it is spread."
    )
    locale: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="Sent upstream as `X-Locale`, such as `en-US`.",
    )
    playground: bool | None = Field(None, description="Whether browsers are shown GraphiQL. Off in serve, on in demo.")
    introspection: bool | None = Field(
        None, description="Whether the schema may be asked for. Off in serve, on in demo."
    )
    explain: bool | None = Field(
        None,
        description="Whether callers may ask by `X-Gateway-Explain` what an operation costs upstream. "
        "Off in serve, on in demo.",
    )

    @property
    def stale_if_error_windows_s(self) -> tuple[float, float]:
        """Of the summaries, and of invoices."""
        if self.stale_if_error_s is not None:
            return self.stale_if_error_s, self.stale_if_error_s
        return _SUMMARIES_STALE_IF_ERROR_S, _INVOICES_STALE_IF_ERROR_S
