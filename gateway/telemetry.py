"""What the gateway tells its operators: logs as JSON lines, and counters."""

import logging
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog
from typing_extensions import override

log = structlog.stdlib.get_logger("gateway")

_operations = logging.getLogger("gateway.operation")

correlation_id: ContextVar[str] = ContextVar("correlation_id")
"""Of the request that is being answered; stands in its log lines. structlog's own way to bind costs four times more."""

unknown_enum_values: Counter[str] = Counter()
"""How often upstream sent a value that an enum does not know yet, by the enum's name."""

_MOST_VALUES_TOLD = 100
_LONGEST_VALUE_TOLD = 64
_told: set[tuple[str, str]] = set()


def count_unknown_enum_value(enum_name: str, value: str) -> None:
    """Count each one; log each distinct value once, and no more than a hundred in the life of the process."""
    unknown_enum_values[enum_name] += 1
    told = (enum_name, value[:_LONGEST_VALUE_TOLD])
    if told not in _told and len(_told) < _MOST_VALUES_TOLD:
        _told.add(told)
        log.warning("unknown enum value from upstream", enum=enum_name, value=told[1])


def configure_logging(level: str) -> None:
    """Send every log line, the libraries' too, to standard error as JSON.

    Args:
        level: debug, info, warning or error.
    """
    shared: list[structlog.typing.Processor] = [
        _with_correlation_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("httpx", "httpcore", "asyncio", "aiohttp.client", "msal"):
        # At debug level these tell addresses and headers of upstream calls.
        logging.getLogger(noisy).setLevel(logging.WARNING)


def tells_operations(level: int) -> bool:
    """Whether operations' lines of a level are logged, known in a tenth of a microsecond."""
    return _operations.isEnabledFor(level)


def tell_operation(level: int, fields: Mapping[str, Any]) -> None:
    """Log an operation's line; structlog takes nine times as long, a good part of what a short operation takes.

    Args:
        level: of logging's, which `tells_operations` is true for.
        fields: of the line, beside its level, logger and timestamp.
    """
    _operations.handle(_Line(level, fields))


_ENCODER = msgspec.json.Encoder()


class _Line(logging.LogRecord):
    """A record whose message is the whole line.

    Where it was written, by which thread and process, logging finds out anew for each record, at the cost of all the
    rest of the line. It is not told; here it stands as it was for the first.
    """

    def __init__(self, level: int, fields: Mapping[str, Any]) -> None:
        vars(self).update(_FIRST)
        self.levelno = level
        self.levelname = logging.getLevelName(level)
        self.created = time.time()
        self.msecs = self.created % 1 * 1000
        about = {"level": self.levelname.lower(), "logger": self.name, "timestamp": datetime.now(UTC)}
        self.msg = _ENCODER.encode({**fields, **about}).decode()


_FIRST = vars(logging.LogRecord(_operations.name, logging.INFO, "", 0, "", (), None))


class _Handler(logging.StreamHandler[TextIO]):
    """Writes operations' lines as they are, and every other as logging does."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not isinstance(record, _Line):
            super().emit(record)
            return
        try:
            self.stream.write(record.msg + self.terminator)
            self.stream.flush()
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 — as logging has it: no line is worth an answer.
            self.handleError(record)


def _with_correlation_id(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    known = correlation_id.get(None)
    if known is not None:
        event.setdefault("correlation_id", known)
    return event
