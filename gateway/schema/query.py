"""The root fields: a line of work each, by way of a loader."""

from collections.abc import Coroutine, Sequence
from typing import Annotated, Any

import strawberry

from gateway import billing
from gateway.errors import BadUserInputError
from gateway.invoice_id import parse
from gateway.outcomes import outcomes_of
from gateway.schema.connection import invoices_field
from gateway.schema.context import Info, value_of
from gateway.schema.filters import Within
from gateway.schema.summaries import InvoiceSummaries
from gateway.schema.types import Invoice

MAX_IDS = 100

_SPELLINGS = '"OneTime-G000024135" and "G000024135" are one invoice.'


async def _invoice_summaries(info: Info) -> billing.InvoiceSummaries:
    return value_of(await info.context.loaders.invoice_summaries.load(None), info)


async def _invoice(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description=f"Its id. {_SPELLINGS}")]
) -> billing.Invoice | None:
    return value_of(await info.context.loaders.invoice_by_id.load(parse(id)), info)


def _invoices_by_id(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_IDS} ids. {_SPELLINGS}")],
) -> Coroutine[Any, Any, Sequence[billing.Invoice | BaseException | None]]:
    # Before anything is loaded for the operation's other fields: they are lost with this one.
    if len(ids) > MAX_IDS:
        raise BadUserInputError(f"Ask for at most {MAX_IDS} invoices at once.")
    return _loaded(ids, info)


async def _loaded(ids: Sequence[str], info: Info) -> Sequence[billing.Invoice | BaseException | None]:
    asked: list[str] = []
    refused: dict[int, BadUserInputError] = {}
    for index, spelling in enumerate(ids):
        try:
            asked.append(parse(spelling))
        except BadUserInputError as error:
            refused[index] = error
    answers = await outcomes_of(info.context.loaders.invoice_by_id.load_all(asked))
    # An error takes the place of its own invoice only: graphql-core makes it a null with an error at this index.
    for index, refusal in refused.items():
        answers.insert(index, refusal)
    return [
        answer if isinstance(answer, BaseException) else value_of(answer, info, index)
        for index, answer in enumerate(answers)
    ]


@strawberry.type(description="What can be asked.")
class Query:
    invoice_summaries = strawberry.field(
        resolver=_invoice_summaries,
        graphql_type=InvoiceSummaries | None,
        description="What the partner owes, one summary per currency.",
    )
    invoice = strawberry.field(
        resolver=_invoice,
        graphql_type=Invoice | None,
        description=f"One invoice, or null where Partner Center has none with this id. {_SPELLINGS}",
    )
    invoices_by_id = strawberry.field(
        resolver=_invoices_by_id,
        graphql_type=list[Invoice | None],
        description="Invoices in the order asked, null in the place of an id that does not exist. At most 100 ids.",
    )
    invoices = invoices_field(
        "Every invoice, newest first unless ordered otherwise. first and last are 1 to 100, not both; 25 without "
        "either. A cursor belongs to its order and filter. Amendments are not items of their own. Missing dates and "
        "amounts come last; ties are ordered by id.",
        lambda _root: Within(),
    )
