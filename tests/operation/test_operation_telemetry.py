"""Logs: JSON lines on standard error, the libraries' too, without upstream's addresses."""

import datetime as dt
import io
import json
import logging
import sys

import pytest
import structlog

from gateway.telemetry import configure_logging, log, tell_operation


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    handlers, level = logging.root.handlers[:], logging.root.level
    noisy = ("httpx", "httpcore", "asyncio", "aiohttp.client", "uvicorn.error")
    levels = {name: logging.getLogger(name).level for name in noisy}
    # A server that another test started in this process has silenced it.
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(capsys) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_of_ours_is_json(capsys):
    configure_logging("info")
    log.info("started", port=8000)
    [line] = lines(capsys)

    assert (line["event"], line["level"], line["logger"], line["port"]) == ("started", "info", "gateway", 8000)


def test_a_librarys_line_is_json_too(capsys):
    configure_logging("info")
    logging.getLogger("uvicorn.error").warning("slow %s", "client")
    [line] = lines(capsys)

    assert (line["event"], line["level"], line["logger"]) == ("slow client", "warning", "uvicorn.error")


def test_an_exception_stands_on_the_one_line(capsys):
    configure_logging("info")
    log.error("failed", exc_info=ValueError("not good"))
    [line] = lines(capsys)

    assert line["exception"].endswith("ValueError: not good")


def test_lines_below_the_level_are_left_out(capsys):
    configure_logging("warning")
    log.info("quiet")
    logging.getLogger("uvicorn.error").info("quiet")

    assert lines(capsys) == []


@pytest.mark.parametrize("library", ["httpx", "httpcore", "asyncio", "aiohttp.client"])
def test_libraries_that_tell_addresses_and_headers_are_not_heard_even_at_debug(capsys, library):
    configure_logging("debug")
    logging.getLogger(library).debug("Authorization: Bearer very-secret")
    logging.getLogger(library).info("GET an-address")

    assert lines(capsys) == []


def test_an_operations_line_is_its_fields_and_what_every_line_has(capsys):
    configure_logging("info")
    before = dt.datetime.now(dt.UTC)
    tell_operation(logging.INFO, {"event": "operation", "age_s": 0.5})
    [line] = lines(capsys)

    assert before <= dt.datetime.fromisoformat(line["timestamp"]) <= dt.datetime.now(dt.UTC)
    assert line["timestamp"].endswith("Z")
    assert {name: line[name] for name in line if name != "timestamp"} == {
        "event": "operation",
        "age_s": 0.5,
        "level": "info",
        "logger": "gateway.operation",
    }


def test_others_handlers_find_what_they_format_in_an_operations_record():
    configure_logging("debug")
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(asctime)s|%(levelname)s|%(name)s|%(filename)s|%(lineno)d|%(message)s"))
    logging.root.addHandler(handler)
    begun = dt.datetime.now() - dt.timedelta(milliseconds=1)  # noqa: DTZ005 — a log's time is local.
    tell_operation(logging.DEBUG, {"event": "operation"})
    told_at, *told, line = text.getvalue().split("|")

    assert begun <= dt.datetime.strptime(told_at, "%Y-%m-%d %H:%M:%S,%f") <= dt.datetime.now()  # noqa: DTZ005, DTZ007
    assert told == ["DEBUG", "gateway.operation", "", "0"]
    assert json.loads(line)["event"] == "operation"


def test_an_operation_is_answered_though_its_line_cannot_be_written(monkeypatch):
    class Full(io.StringIO):
        def write(self, _text):
            raise OSError("No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    monkeypatch.setattr(logging, "raiseExceptions", False)
    failed = []
    configure_logging("info")
    monkeypatch.setattr(logging.root.handlers[0], "handleError", failed.append)
    tell_operation(logging.INFO, {"event": "operation"})

    assert [json.loads(record.msg)["event"] for record in failed] == ["operation"]
