"""Every setting, its default and its meaning: the only reader of the environment."""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import ByteSize, Field, PositiveInt, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "GATEWAY_"
ENV_FILE = ".env"

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# Nothing else: no user, no query, no fragment, and nothing that httpx would refuse only when it calls.
_ADDRESS = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(/[a-z0-9._~/-]*)?", re.IGNORECASE | re.ASCII
)


class SettingsError(Exception):
    """A setting is unknown or wrong. The message names each by its variable, one a line."""


class Settings(BaseSettings):
    """The settings, each from `GATEWAY_` and its name in capitals. The descriptions are the README's table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",  # The .env file may hold others' variables; unknown ones of ours are refused in `read`.
        frozen=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8000, description="Port to listen on; 0 takes a free one.")
    cloud: Literal["public", "china", "usgov"] = Field("public", description="The Partner Center cloud.")
    upstream_url: str | None = Field(
        None,
        description="Partner Center's address without `/v1`, where it is not the cloud's own. "
        "Plain http is taken on loopback only.",
    )
    auth: Literal["passthrough"] = Field(
        "passthrough",
        description="How callers are known. `passthrough`: their Partner Center token goes upstream.",
    )
    cache_url: str = Field(
        "memory://",
        description="Where answers are kept: `memory://`, `redis://…`, `rediss://…`, or `none://` (nowhere).",
    )
    cache_max_bytes: ByteSize = Field(
        ByteSize(16 * 1024**2), ge=0, description="Most memory for kept answers; `64MiB` may be written."
    )
    invoice_fresh_s: Seconds = Field(
        300,
        description="Seconds for which an invoice read by id is kept; "
        "never more than 1500, since its PDF link works for 1800.",
    )
    list_fresh_s: Seconds = Field(
        60, description="Seconds for which the summaries and the invoice collection are kept."
    )
    not_found_fresh_s: Seconds = Field(30, description="Seconds for which it is remembered that no invoice has an id.")
    deadline_s: Seconds = Field(10, description="Seconds after which an operation is answered, whatever is there.")
    upstream_timeout_s: Seconds = Field(60, description="Seconds for one upstream call, all its tries included.")
    upstream_concurrency: PositiveInt = Field(16, description="Upstream calls at once, in this process.")
    max_upstream_calls: PositiveInt = Field(120, description="Upstream calls that one operation may make.")
    max_body_bytes: ByteSize = Field(ByteSize(1024**2), ge=1, description="Longest body of a request.")
    locale: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="Sent upstream as `X-Locale`, such as `en-US`.",
    )
    playground: bool | None = Field(None, description="Whether browsers are shown GraphiQL. Off in serve, on in demo.")
    introspection: bool | None = Field(
        None, description="Whether the schema may be asked for. Off in serve, on in demo."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    @field_validator("upstream_url")
    @classmethod
    def _an_address_that_a_token_may_go_to(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _ADDRESS.fullmatch(value):
            raise ValueError(
                "must be an address such as https://api.partnercenter.microsoft.com, with nothing behind it"
            )
        url = urlsplit(value)
        if url.port == 0:  # Reading it also refuses one above 65535.
            raise ValueError("port 0 is none to call")
        if url.path.rstrip("/").endswith("/v1"):
            raise ValueError("must not end in /v1; the gateway adds it")
        if url.scheme == "http" and not _is_loopback(url.hostname or ""):
            raise ValueError("plain http is for loopback addresses only, since a token is sent there")
        return value.rstrip("/")

    @field_validator("cache_url")
    @classmethod
    def _a_known_store(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("memory", "none", "redis", "rediss"):
            raise ValueError("must begin with memory://, none://, redis:// or rediss://")
        return value

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Settings from overrides, the environment, and the working directory's `.env` file, in this order.

        Args:
            overrides: by field name; None stands for "not given".

        Raises:
            SettingsError: a variable is unknown or its value is wrong.
        """
        try:
            in_file = dotenv_values(ENV_FILE)
        except UnicodeDecodeError:
            raise SettingsError(f"{ENV_FILE}: must be UTF-8 text") from None
        given = {name: value or "" for name, value in in_file.items()} | os.environ
        ours = {name: value for name, value in given.items() if name.upper().startswith(PREFIX)}
        _refuse_service_links(ours)
        unknown = [name for name in sorted(ours) if name.upper().removeprefix(PREFIX).lower() not in cls.model_fields]
        if unknown:
            raise SettingsError("\n".join(f"{name}: there is no such setting" for name in unknown))
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise SettingsError("\n".join(map(_sentence, error.errors()))) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_service_links(given: Mapping[str, str]) -> None:
    """Kubernetes injects variables for every Service; those for one named `gateway` look like settings of ours."""
    injected = sorted(name for name, value in given.items() if value.startswith("tcp://"))
    if injected:
        raise SettingsError(
            f"{injected[0]}={given[injected[0]]} comes from Kubernetes, not from you: "
            "set enableServiceLinks: false in the pod's spec"
        )


def _sentence(problem: Any) -> str:
    """Name the variable and what is wrong with it, without its value: that may be a secret."""
    name = "_".join(str(part) for part in problem["loc"]).upper()
    return f"{PREFIX}{name}: {problem['msg'].removeprefix('Value error, ')}"
