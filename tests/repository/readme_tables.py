"""The README's tables, made from the code. `python tests/repository/readme_tables.py --write` renews them."""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ByteSize
from pydantic.fields import FieldInfo

from gateway.error_codes import ERROR_CODES
from gateway.settings import PREFIX, Settings
from gateway.watching.metrics import METRICS

README = Path(__file__).parents[2] / "README.md"


def settings_table() -> str:
    """Variable, default, meaning: a line for each field of `Settings`."""
    fields = Settings.model_fields.items()
    rows = [(_code(f"{PREFIX}{name.upper()}"), _default(field), _meaning(field)) for name, field in fields]
    return _table(("Variable", "Default", "Meaning"), rows)


def errors_table() -> str:
    """Code, HTTP status, further keys, when: a line for each of `ERROR_CODES`."""
    rows = [
        (_code(error.name), str(error.http_status), ", ".join(map(_code, error.keys)), error.meaning)
        for error in ERROR_CODES
    ]
    return _table(("`extensions.code`", "HTTP status", "Further keys", "When"), rows)


def metrics_table() -> str:
    """Name, kind, labels, meaning: a line for each of `METRICS`."""
    rows = [(_code(each.name), each.kind, ", ".join(map(_code, each.labels)), each.meaning) for each in METRICS]
    return _table(("Metric", "Kind", "Labels", "Meaning"), rows)


TABLES = {"settings": settings_table, "metrics": metrics_table, "errors": errors_table}


def block(text: str, name: str) -> str:
    """What stands between the markers of that name.

    Raises:
        ValueError: the markers are not there exactly once.
    """
    found = _marked(name).findall(text)
    if len(found) != 1:
        raise ValueError(f"README.md must have <!-- {name} --> … <!-- /{name} --> once; it has it {len(found)} times")
    return str(found[0]).strip("\n")


def renewed(text: str) -> str:
    """The text with every table as the code has it now."""
    for name, table in TABLES.items():
        block(text, name)
        replacement = f"<!-- {name} -->\n\n{table()}\n\n<!-- /{name} -->"
        text = _marked(name).sub(lambda _found, new=replacement: new, text)
    return text


def _marked(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", re.DOTALL)


def _default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return ""
        case bool(value):
            return _code("on" if value else "off")
        case ByteSize() as size:
            return _code(size.human_readable(separator=" ").replace(".0 ", " "))
        case float(value):
            return _code(f"{value:g}")
        case value:
            return _code(str(value))


def _meaning(field: FieldInfo) -> str:
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    options = f" One of {', '.join(map(_code, choices))}." if len(choices) > 1 else ""
    return f"{field.description}{options}"


def _code(text: Any) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    if list(arguments) != ["--write"]:
        print(f"usage: python {Path(__file__).name} --write", file=sys.stderr)
        return 2
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
