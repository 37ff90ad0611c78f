"""README.md's recipes can be carried out, and .ci/run carries out all of them."""

import re
import subprocess

import pytest

from tests.clients.recipes import Recipe, printed, readme, recipes
from tests.clients.workplace import further_folder
from tests.repository.tree import ROOT

RECIPES = recipes(readme())


def in_section(body):
    return f"## Clients\n{body}\n## Commands\n"


def recipe(*blocks):
    return in_section("\n".join(["<details>", "<summary>one</summary>", "", *blocks, "", "</details>"]))


def test_the_clients_are():
    assert [recipe.name for recipe in RECIPES] == [
        *("fetch", "Apollo Client", "Apollo Client: persisted queries", "urql", "graphql-request"),
        *("graphql-codegen", "graphql-codegen: trusted documents", "Relay", "gql", "ariadne-codegen", "httpx"),
    ]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_package_is_pinned(recipe):
    installs = [line.split()[2:] for line in recipe.commands.splitlines() if " install " in line]
    asked = [word.strip("'") for words in installs for word in words if word[0] != "-"]

    assert [word for word in asked if not re.fullmatch(r"\S+(==|@)\d+\.\d+\.\d+", word)] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_asks_the_demos_address_with_a_token(recipe):
    asking = [text for text in recipe.files.values() if "http://127.0.0.1:8000" in text]

    assert len(asking) == 1
    assert "TOKEN" in asking[0]


def test_what_is_done_beyond_a_recipe_is_done_for_one_of_them():
    assert set(further_folder(RECIPES[0]).parent.iterdir()) <= {further_folder(recipe) for recipe in RECIPES}


def test_ci_runs_each():
    """.ci/run's own lines, with a step that only tells what it was given."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    loop = re.search(r"^mapfile -t clients .*?^done$", lines, re.MULTILINE | re.DOTALL)[0].replace(
        ".venv/bin/python -m tests.clients)", "printf '%s\\n' fetch 'Apollo Client')"
    )

    ran = subprocess.run(
        ["bash", "-euc", f"step() {{ printf '%s|' \"$@\"; }}\n{loop}"], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "".join(
        f"client {name}|.venv/bin/python|-m|tests.clients|{name}|" for name in ("fetch", "Apollo Client")
    )


def test_a_recipe_is_its_commands_and_its_files():
    [found] = recipes(recipe("```sh", "npm ci", "node a.mjs", "```", "", "```js", "// a.mjs", "1;", "```"))

    assert found == Recipe("one", "npm ci\nnode a.mjs\n", {"a.mjs": "// a.mjs\n1;\n"})
    assert (found.preparation, found.last_command) == ("npm ci\n", "node a.mjs")


def test_a_variant_has_what_it_does_not_replace():
    of_one = [
        "<summary>one</summary>",
        "```sh",
        "node a.mjs",
        "```",
        "```js",
        "// a.mjs",
        "```",
        "```js",
        "// b.mjs",
        "```",
    ]
    of_its_variant = ["<summary>one: two</summary>", "```js", "// b.mjs", "2;", "```"]
    folded = [line for recipe in (of_one, of_its_variant) for line in ("<details>", *recipe, "</details>")]

    _, found = recipes(in_section("\n".join(folded)))

    assert found == Recipe("one: two", "node a.mjs\n", {"a.mjs": "// a.mjs\n", "b.mjs": "// b.mjs\n2;\n"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("## Another\n", "no section Clients"),
        (recipe(), "0 blocks of commands"),
        (recipe("```sh", "one", "```", "```sh", "two", "```"), "2 blocks of commands"),
        (recipe("```sh", "one", "```", "```js", "1;", "```"), "does not begin with its name"),
    ],
    ids=["no section", "no commands", "two blocks of commands", "a file without a name"],
)
def test_what_cannot_be_carried_out_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        recipes(text)


def test_what_is_printed_is_the_sections_own():
    assert printed("```text\nno\n```\n" + in_section("```text\nyes\n```\n")) == "yes\n"
