"""Settings come from the environment or `.env`; what is unknown or wrong stops the start, by its name."""

from pathlib import Path

import pytest

from gateway.settings import Settings, SettingsError

WRONG = [
    ("GATEWAY_PORT", "eighty"),
    ("GATEWAY_PORT", "65536"),
    ("GATEWAY_PORT", "-1"),
    ("GATEWAY_CLOUD", "moon"),
    ("GATEWAY_AUTH", "none"),
    ("GATEWAY_CACHE_URL", "memcached://secret@host"),
    ("GATEWAY_CACHE_URL", "memory"),
    ("GATEWAY_CACHE_MAX_BYTES", "much"),
    ("GATEWAY_CACHE_MAX_BYTES", "-1"),
    ("GATEWAY_INVOICE_FRESH_S", "0"),
    ("GATEWAY_LIST_FRESH_S", "inf"),
    ("GATEWAY_NOT_FOUND_FRESH_S", "-1"),
    ("GATEWAY_DEADLINE_S", "nan"),
    ("GATEWAY_UPSTREAM_TIMEOUT_S", "1 minute"),
    ("GATEWAY_UPSTREAM_CONCURRENCY", "0"),
    ("GATEWAY_MAX_UPSTREAM_CALLS", "1.5"),
    ("GATEWAY_MAX_BODY_BYTES", "0"),
    ("GATEWAY_LOCALE", "en_US"),
    ("GATEWAY_LOCALE", "en-US\r\nX-Other: 1"),
    ("GATEWAY_LOCALE", "en-US\n"),
    ("GATEWAY_PLAYGROUND", "perhaps"),
    ("GATEWAY_INTROSPECTION", "perhaps"),
    ("GATEWAY_LOG_LEVEL", "loud"),
]


def refusal() -> str:
    with pytest.raises(SettingsError) as raised:
        Settings.read()
    return str(raised.value)


def test_without_any_variable_every_setting_has_its_default():
    assert Settings.read() == Settings()
    assert Settings.read().host == "127.0.0.1"


def test_a_setting_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("GATEWAY_MAX_UPSTREAM_CALLS", "7")
    monkeypatch.setenv("gateway_cache_max_bytes", "64MiB")

    assert (Settings.read().max_upstream_calls, Settings.read().cache_max_bytes) == (7, 67_108_864)


def test_a_setting_is_read_from_the_env_file():
    Path(".env").write_text("# Ours\nGATEWAY_PORT=9001\nOTHERS_VARIABLE=1\n", encoding="utf-8")

    assert Settings.read().port == 9001


def test_the_environment_goes_before_the_env_file_and_what_is_given_before_both(monkeypatch):
    Path(".env").write_text("GATEWAY_PORT=9001\n", encoding="utf-8")
    monkeypatch.setenv("GATEWAY_PORT", "9002")

    assert Settings.read().port == 9002
    assert Settings.read(port=9003).port == 9003
    assert Settings.read(port=None).port == 9002


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "")

    assert Settings.read().port == 8000


@pytest.mark.parametrize("name", ["GATEWAY_PROT", "gateway_prot", "GATEWAY_", "GATEWAY_PORT_"])
def test_an_unknown_variable_stops_the_start_with_its_name(monkeypatch, name):
    monkeypatch.setenv(name, "secret")

    assert refusal() == f"{name}: there is no such setting"


def test_an_unknown_variable_in_the_env_file_stops_the_start_with_its_name():
    Path(".env").write_text("GATEWAY_PROT=1\n", encoding="utf-8")

    assert refusal() == "GATEWAY_PROT: there is no such setting"


def test_every_unknown_variable_is_named(monkeypatch):
    monkeypatch.setenv("GATEWAY_B", "1")
    monkeypatch.setenv("GATEWAY_A", "1")

    assert refusal() == "GATEWAY_A: there is no such setting\nGATEWAY_B: there is no such setting"


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_stops_the_start_with_its_name_and_without_its_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    told = refusal()

    assert told.startswith(f"{name}: ")
    assert "\n" not in told
    assert "secret" not in told


def test_a_wrong_value_in_the_env_file_stops_the_start_with_its_name():
    Path(".env").write_text("GATEWAY_PORT=eighty\n", encoding="utf-8")

    assert refusal() == "GATEWAY_PORT: Input should be a valid integer, unable to parse string as an integer"


def test_every_wrong_value_is_named(monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "eighty")
    monkeypatch.setenv("GATEWAY_CLOUD", "moon")

    assert sorted(line.split(":")[0] for line in refusal().splitlines()) == ["GATEWAY_CLOUD", "GATEWAY_PORT"]


def test_a_wrong_value_that_is_given_stops_the_start_with_its_variables_name():
    with pytest.raises(SettingsError, match=r"^GATEWAY_PORT: Input should be less than or equal to 65535$"):
        Settings.read(port=70_000)


def test_an_env_file_that_is_not_utf_8_stops_the_start():
    Path(".env").write_text("GATEWAY_PORT=9001\n", encoding="utf-16")

    assert refusal() == ".env: must be UTF-8 text"


@pytest.mark.parametrize(
    "variables",
    [
        {"GATEWAY_PORT": "tcp://10.96.0.7:8000"},
        {
            "GATEWAY_PORT": "tcp://10.96.0.7:8000",
            "GATEWAY_PORT_8000_TCP": "tcp://10.96.0.7:8000",
            "GATEWAY_PORT_8000_TCP_ADDR": "10.96.0.7",
            "GATEWAY_PORT_8000_TCP_PORT": "8000",
            "GATEWAY_PORT_8000_TCP_PROTO": "tcp",
            "GATEWAY_SERVICE_HOST": "10.96.0.7",
            "GATEWAY_SERVICE_PORT": "8000",
        },
    ],
    ids=["one", "all"],
)
def test_what_kubernetes_injects_is_told_from_a_wrong_port(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert refusal() == (
        "GATEWAY_PORT=tcp://10.96.0.7:8000 comes from Kubernetes, not from you: "
        "set enableServiceLinks: false in the pod's spec"
    )


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1
