"""Plans over fakes."""

import json

from gateway.execution.executor import Request
from gateway.execution.explain.explainer import Explainer, Explanation
from gateway.freshness import Windows
from gateway.readings import Lifetimes
from gateway.schema import build_schema
from tests.execution.runs import Runs
from tests.fakes import operation

_SCHEMA = build_schema()


class Planner(Runs):
    """Runs operations, and plans them."""

    def __init__(self, *, windows=(60, 0, 0), **options):
        super().__init__(windows=windows, **options)
        lifetimes = Lifetimes(*[Windows(*windows)] * 4)
        self.explainer = Explainer(self.executor, _SCHEMA, self.source, self.cache, lifetimes)

    async def planned(self, document, *, key=b"the request", variables=None, **of_operation):
        """The response, decoded, and its status."""
        request = Request(document, None, variables, key)
        answer = await self.explainer.run(Explanation.PLAN, request, operation(**of_operation))
        return json.loads(answer.body), answer.http_status

    async def plan(self, document, **options):
        """The plan of an operation in which no error is foreseen."""
        response, status = await self.planned(document, **options)
        assert (status, response.keys(), response["data"]) == (200, {"data", "extensions"}, None)
        return response["extensions"]["plan"]

    async def rows(self, document, **options):
        return rows(await self.plan(document, **options))


def rows(plan):
    """Each row, as path, verdict, number of answers, and least and most calls."""
    return [tuple(call[name] for name in ("path", "verdict", "answers", "least", "most")) for call in plan["calls"]]
