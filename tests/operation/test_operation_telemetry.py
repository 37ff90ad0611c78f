"""Logs: JSON lines on standard error, the libraries' too, without upstream's addresses."""

import json
import logging

import pytest
import structlog

from gateway.telemetry import configure_logging, log


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
