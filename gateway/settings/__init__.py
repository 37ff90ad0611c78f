"""Every setting, its default and its meaning: the only reader of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from gateway.settings.identity import IdentitySettings
from gateway.settings.operations import OperationSettings
from gateway.settings.serving import ServingSettings
from gateway.settings.watching import WatchingSettings

PREFIX = "GATEWAY_"
ENV_FILE = ".env"

# Names the folder whose files are settings too, as Kubernetes mounts secrets: GATEWAY_CLIENT_SECRET and so on.
SECRETS_DIR = "GATEWAY_SECRETS_DIR"


class SettingsError(Exception):
    """A setting is unknown or wrong. The message names each by its variable, one a line."""


class Settings(IdentitySettings, OperationSettings, WatchingSettings, ServingSettings):
    """The settings, each from `GATEWAY_` and its name in capitals. The descriptions are the README's table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",  # The .env file may hold others' variables; unknown ones of ours are refused in `read`.
        frozen=True,
    )

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
        folder = os.environ.get(SECRETS_DIR) or None
        given = {name: value or "" for name, value in in_file.items()} | _secret_names(folder) | os.environ
        given.pop(SECRETS_DIR, None)
        ours = {name: value for name, value in given.items() if name.upper().startswith(PREFIX)}
        _refuse_service_links(ours)
        unknown = [name for name in sorted(ours) if name.upper().removeprefix(PREFIX).lower() not in cls.model_fields]
        if unknown:
            raise SettingsError("\n".join(f"{name}: there is no such setting" for name in unknown))
        try:
            given_here = {name: value for name, value in overrides.items() if value is not None}
            return cls(**(given_here | {"_secrets_dir": folder}))
        except ValidationError as error:
            raise SettingsError("\n".join(map(_sentence, error.errors()))) from None


def _secret_names(folder: str | None) -> dict[str, str]:
    """The files of the secrets' folder, which are settings by their names; their contents are not looked at here."""
    if folder is None:
        return {}
    try:
        return {file.name: "" for file in Path(folder).iterdir()}
    except OSError as error:
        raise SettingsError(f"{SECRETS_DIR}: {error.strerror}") from None


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
    name = PREFIX + ("_".join(str(part) for part in problem["loc"]).upper() or "AUTH")
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
