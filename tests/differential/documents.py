"""Query documents drawn from the schema: valid by construction, but for a few that are not meant to be."""

from random import Random
from typing import Any, NamedTuple

from graphql import GraphQLSchema

from tests.differential.arguments import Arguments, Variable, Words
from tests.differential.selections import Drawing


class Asked(NamedTuple):
    """A document with one choice of operation and variables."""

    document: str
    operation_name: str | None
    variables: dict[str, Any] | None


class Document:
    """A document that can be asked more than once, each time with other variables.

    Attributes:
        text: of it.
    """

    def __init__(self, rng: Random, schema: GraphQLSchema, words: Words) -> None:
        self._arguments = Arguments(rng, words)
        self._rng = rng
        query = schema.query_type
        drawing = Drawing(rng, schema, self._arguments)
        names = rng.sample(("A", "B", "query", "invoice"), rng.choice((1, 1, 1, 1, 2, 3)))
        parts = [(name, drawing.root(query)) for name in names]
        self._operations = [
            (name, [self._arguments.variables[each] for each in sorted(part.variables)]) for name, part in parts
        ]
        is_unnamed = len(parts) == 1 and rng.random() < 0.5
        if is_unnamed:
            self._operations = [(None, self._operations[0][1])]
        texts = [
            _operation(name, variables, part.text)
            for (name, variables), (_, part) in zip(self._operations, parts, strict=True)
        ]
        texts += [f"fragment {name} on {of} {part.text}" for name, (of, part) in drawing.fragments.items()]
        rng.shuffle(texts)
        self.text = rng.choice((" ", "\n", "\n\n  # comment\n")).join(texts)

    def ask(self) -> Asked:
        """With variables drawn anew."""
        rng = self._rng
        name, variables = rng.choice(self._operations)
        sent: dict[str, Any] = {}
        for each in variables:
            if rng.random() < (0.01 if each.is_required else 0.25):
                continue
            sent[each.name[1:]] = self._arguments.value(each, is_unfit=rng.random() < 0.02)
        if rng.random() < 0.05:
            sent["unknown"] = [1]
        if rng.random() < 0.02:
            name = rng.choice((None, "Nothing", ""))
        elif len(self._operations) == 1 and rng.random() < 0.5:
            name = None
        return Asked(self.text, name, sent or rng.choice((None, {})))


def _operation(name: str | None, variables: list[Variable], selections: str) -> str:
    declared = f"({', '.join(each.declaration for each in variables)})" if variables else ""
    if name is None and not declared:
        return selections
    return f"query {name or ''}{declared} {selections}"
