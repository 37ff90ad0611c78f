"""The commands in a person's hands: what they say, and their exit codes."""

import re

import pytest

from gateway.cli import main
from tests.e2e.gateway_process import run_gateway
from tests.e2e.ports import closed_port


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs a command in this process, in an empty directory: exit code, what it printed, and its complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_help_says_what_it_is_what_to_start_with_and_each_command(call):
    code, said, _ = call("--help")
    words = " ".join(said.split())

    assert code == 0
    assert "Read a Microsoft partner's invoices by GraphQL." in words
    assert "Start with `gateway demo`: it needs no account." in words
    assert re.findall(r"(?m)^    ([a-z]+) ", said) == [
        "demo",
        "serve",
        "sandbox",
        "login",
        "schema",
        "explain",
        "health",
    ]


@pytest.mark.parametrize(
    ("command", "says", "options"),
    [
        ("demo", "nothing to set up", ["--help", "--host", "--port", "--auth", "--invoices", "--seed"]),
        ("serve", "in front of Partner Center", ["--help", "--host", "--port"]),
        ("sandbox", "for tests and trials", ["--help", "--host", "--port", "--invoices", "--seed"]),
        ("login", "by a person with MFA", ["--help", "--status"]),
        ("schema", "compare a file with it", ["--help", "--check", "--file"]),
        ("explain", "without asking", ["--help", "--variables", "--operation", "--json", "--url", "--token"]),
        ("health", "exit code 0 says yes", ["--help"]),
    ],
)
def test_each_command_has_a_help_with_a_sentence_for_each_option(call, command, says, options):
    code, said, _ = call(command, "--help")

    assert code == 0
    assert says in " ".join(said.split())
    assert re.findall(r"(?m)^  (?:-h, )?(--[a-z]+)(?: [A-Z]+)?(?:  +|\n +)\w", said) == options


def test_an_unknown_command_is_told_in_one_line_with_those_there_are(call):
    code, said, complained = call("start")

    assert (code, said) == (2, "")
    assert complained.startswith("gateway: argument COMMAND: invalid choice: 'start' (choose from ")
    assert complained.endswith("; `gateway --help` tells more\n")
    assert re.findall("demo|serve|sandbox|schema|health", complained) == [
        "demo",
        "serve",
        "sandbox",
        "schema",
        "health",
    ]


def test_the_version_is_the_installed_one(call):
    assert call("--version") == (0, "0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: COMMAND; `gateway --help` tells more"),
        (["--verbose", "demo"], "unrecognized arguments: --verbose; `gateway --help` tells more"),
        (["serve", "now"], "unrecognized arguments: now; `gateway --help` tells more"),
        (["serve", "--port"], "argument --port: expected one argument; `gateway serve --help` tells more"),
        (["serve", "--port", "x"], "argument --port: invalid int value: 'x'; `gateway serve --help` tells more"),
        (["serve", "--port", "65536"], "GATEWAY_PORT: Input should be less than or equal to 65535"),
        (["demo", "--port", "-1"], "GATEWAY_PORT: Input should be greater than or equal to 0"),
        (["sandbox", "--invoices", "3"], "--invoices: The sandbox needs at least 4 invoices, not 3"),
        (["demo", "--invoices", "0"], "--invoices: The sandbox needs at least 4 invoices, not 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_in_one_line(call, monkeypatch, arguments, complaint):
    monkeypatch.setattr("gateway.cli.serving.configure_logging", lambda _level: None)

    assert call(*arguments) == (2, "", f"gateway: {complaint}\n")


SETTINGS = {
    "GATEWAY_PLAYGROUNDS=1": "GATEWAY_PLAYGROUNDS: there is no such setting",
    "GATEWAY_PLAYGROUND=perhaps": "GATEWAY_PLAYGROUND: Input should be a valid boolean",
    "GATEWAY_CLOUD=mars": "GATEWAY_CLOUD: Input should be 'public', 'china' or 'usgov'",
    "GATEWAY_CACHE_URL=file://secret": "GATEWAY_CACHE_URL: must begin with memory://",
}


@pytest.mark.parametrize("command", ["demo", "serve", "sandbox", "health"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wrong_setting_is_told_in_one_line_without_its_value(call, monkeypatch, command, setting):
    monkeypatch.setenv(*setting.split("="))
    code, said, complained = call(command)

    assert (code, said) == (2, "")
    assert complained.startswith(f"gateway: {SETTINGS[setting]}")
    assert complained.count("\n") == 1
    assert "secret" not in complained


def test_each_wrong_setting_has_a_line(call, monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "x")
    monkeypatch.setenv("GATEWAY_DEADLINE_S", "0")
    code, _, complained = call("serve")

    assert code == 2
    assert [line.split(": ")[:2] for line in complained.splitlines()] == [
        ["gateway", "GATEWAY_PORT"],
        ["gateway", "GATEWAY_DEADLINE_S"],
    ]


def test_schema_prints_what_check_takes(call, tmp_path):
    _, sdl, _ = call("schema")
    (tmp_path / "schema.graphql").write_text(sdl)

    assert sdl.endswith("}\n")
    assert "\ntype Query {\n" in sdl
    assert call("schema", "--check") == (0, "schema.graphql is up to date.\n", "")


def test_check_lists_each_breaking_and_each_dangerous_change(call, tmp_path):
    _, sdl, _ = call("schema")
    old = tmp_path / "old.graphql"
    sdl = sdl.replace("  totalCount: Int!\n", "  totalCount: Int!\n  gone: Int\n", 1)
    sdl = sdl.replace("    id: ID!\n  ): Invoice\n", "    id: ID\n  ): Invoice!\n")
    sdl = re.sub(r'  """The state as [^\n]*\n  state: String[^\n]*\n', "", sdl)
    sdl = re.sub(r'  """Largest total[^\n]*\n  TOTAL_CHARGES_DESC\n', "", sdl)
    old.write_text(sdl)
    code, said, complained = call("schema", "--check", "--file", str(old))
    *changes, advice = said.splitlines()

    assert (code, complained) == (1, "")
    assert sorted(changes) == [
        "breaking: Argument Query.invoice(id:) has changed type from ID to ID!.",
        "breaking: Field InvoiceConnection.gone was removed.",
        "breaking: Field Query.invoice changed type from Invoice! to Invoice.",
        "dangerous: An optional field InvoiceFilter.state was added.",
        "dangerous: Enum value InvoiceOrder.TOTAL_CHARGES_DESC was added.",
    ]
    assert [line.partition(":")[0] for line in changes] == ["breaking"] * 3 + ["dangerous"] * 2
    assert advice == "The file differs from the schema; `gateway schema > schema.graphql` renews it."


def test_check_fails_where_only_a_description_differs(call, tmp_path):
    _, sdl, _ = call("schema")
    (tmp_path / "schema.graphql").write_text(sdl.replace("What can be asked.", "What could be asked."))

    assert call("schema", "--check") == (
        1,
        "The file differs from the schema; `gateway schema > schema.graphql` renews it.\n",
        "",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Syntax Error: Unexpected <EOF>."),
        (b"type Query {", "Syntax Error: Expected Name, found <EOF>."),
        (b"type Query { a: Nothing }", "Unknown type 'Nothing'. Did you mean 'String'?"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_file_that_is_no_schema_is_told_in_one_line(call, tmp_path, content, reason):
    (tmp_path / "schema.graphql").write_bytes(content)

    assert call("schema", "--check") == (1, "", f"gateway: schema.graphql is not a GraphQL schema: {reason}\n")


def test_a_file_that_is_not_there_is_named(call, tmp_path):
    (tmp_path / "folder").mkdir()

    assert call("schema", "--check") == (1, "", "gateway: schema.graphql: No such file or directory\n")
    assert call("schema", "--check", "--file", "folder") == (1, "", "gateway: folder: Is a directory\n")


def test_health_of_nobody_is_told_in_one_line(call, monkeypatch):
    port = closed_port()
    monkeypatch.setenv("GATEWAY_PORT", str(port))

    assert call("health") == (1, "", f"gateway: no answer from 127.0.0.1 port {port}: Connection refused\n")


def test_a_wrong_call_of_a_real_process_exits_with_2():
    assert run_gateway("start", GATEWAY_NOTHING="1")[0] == 2
    assert run_gateway("serve", GATEWAY_NOTHING="1") == (2, "gateway: GATEWAY_NOTHING: there is no such setting\n")
