"""What may be said against an answer: that it was never true, is another's, is older than it says, or was refused."""

import dataclasses

from gateway.billing import Invoice, InvoiceCollection, InvoiceSummaries
from gateway.errors import NotCachedError
from gateway.freshness import COVERED, RENEWED_AT_MOST_EVERY_S
from tests.machine.moody_upstream import DAYS, EPOCH_S, is_listed, read_stamp
from tests.machine.watched_replica import LIFETIMES

# Floats add up.
_EPSILON_S = 1e-6
# Whoever is given a link has so long to use it (README, Freshness).
_LEFT_OF_PDF_LINK_S = 300.0
_WINDOWS = {"summaries": LIFETIMES.summaries, "invoices": LIFETIMES.collection, "invoice": LIFETIMES.invoice}


@dataclasses.dataclass
class Refusal:
    """That upstream refused an identity.

    Attributes:
        replica: the name of the process that was told.
        turn: when.
        held: what other processes had then of what was read before, or were reading: numbers of calls by name.
    """

    replica: str
    identity: str
    turn: int
    held: dict | None = None


def problems(ask, said):
    """What may be said against the answers of an operation that has just ended."""
    for key, outcome in zip(ask.keys, ask.outcomes, strict=True):
        if not isinstance(outcome, BaseException):
            found = [list(_against(ask, key, outcome, call, said)) for call in _calls(ask, key, outcome, said.upstream)]
            if not found:
                yield f"{ask.loader} {key}: {outcome} was never read"
            elif all(found):
                yield f"{ask.loader} {key} of {ask.identity} by {ask.replica.name}: {found[-1]} of {outcome}"
        elif isinstance(outcome, (*COVERED, NotCachedError)) and _is_usable(ask):
            yield f"{ask.loader} {key}: {outcome!r} in the place of what is kept"


def numbers(value):
    """The calls that an answer, or an entry's value, says it came by."""
    return {read_stamp(text)[2] for text in _stamps(value)}


def _stamps(value):
    if isinstance(value, InvoiceSummaries):
        return [item.currency_code for item in value.items]
    if isinstance(value, InvoiceCollection):
        return [document.state for document in value.documents]
    if isinstance(value, Invoice):
        return [value.state]
    return [] if value is None else [value]


def _calls(ask, key, served, upstream):
    """The one call that an answer came by; those that may have been it, where it is that there is none."""
    if served.value is None:
        return [
            call
            for call in upstream.calls
            if (call.identity, call.thing) == (ask.identity, f"invoice {key}")
            and call.told is None
            and not call.is_running
        ]
    return [upstream.calls[number] for number in numbers(served.value)]


def _against(ask, key, served, call, said):
    """What may be said against an answer if it came by that call; `said` is the world, with all that it was told."""
    if not _is_true(ask, key, served.value, call, said.upstream):
        yield "untrue"
    windows = LIFETIMES.not_found if served.value is None else _WINDOWS[call.kind]
    at_s = (ask.done_s if ask.is_judged_at_its_end else ask.asked_s) - ask.slack_s - _EPSILON_S
    yield from _against_age(ask, served, call, windows, at_s)
    if call.ended_s < ask.asked_s:  # What has just come is as new as it gets.
        yield from _against_wishes(ask.control, call, windows, at_s)
    if ask.loader == "pdf_link_by_id" and served.value is not None:
        ends_at_s = float(served.value.split("|")[3]) - EPOCH_S
        if ends_at_s <= ask.done_s or ends_at_s - _LEFT_OF_PDF_LINK_S <= at_s:
            yield "a link that ends too soon"
    for refusal in said.refusals:
        if _is_refused(ask, call, refusal):
            yield f"read in turns {call.began_turn} to {call.ended_turn}, asked for in {ask.asked_turn}, {refusal}"


def _against_age(ask, served, call, windows, at_s):
    is_said_stale = served.stale_because is not None
    if not is_said_stale and call.ended_s + windows.fresh_s <= ask.asked_s - ask.slack_s - _EPSILON_S:
        yield "stale without saying so"
    if is_said_stale and call.began_s < at_s - served.age_s:
        yield f"said {served.age_s:.1f} s ({served.stale_because}), is {at_s - call.began_s:.1f} s"
    if call.ended_s + windows.usable_s <= at_s:
        yield "past its last window"


def _against_wishes(control, call, windows, at_s):
    is_renewed = call.ended_s >= at_s - RENEWED_AT_MOST_EVERY_S
    if control.no_cache and not is_renewed:
        yield "kept, against no-cache"
    if call.began_s < at_s - control.max_age_s and not is_renewed:
        yield "over max-age"
    if call.ended_s + windows.fresh_s < at_s - control.max_stale_s:
        yield "over max-stale"


def _is_true(ask, key, value, call, upstream):
    """Whether that was, in every part, what upstream had for this very identity when the call told it."""
    stamps = [read_stamp(text) for text in _stamps(value)]
    if any((identity, number) != (ask.identity, call.number) for identity, _, number in stamps):
        return False
    truth = upstream.truth[ask.identity]
    if value is None:
        return truth.was({key: None}, call.told_s)
    if isinstance(value, InvoiceSummaries):
        return truth.was({"summaries": stamps[0][1]}, call.told_s)
    if isinstance(value, InvoiceCollection):
        there = {each.id: read_stamp(each.state)[1] for each in value.documents if is_listed(each.id, DAYS, key)}
        absent = {each for each in DAYS if is_listed(each, DAYS, key)} - there.keys()
        return truth.was(there | dict.fromkeys(absent), call.told_s)
    return truth.was({key: stamps[0][1]}, call.told_s)


def _is_refused(ask, call, refusal):
    """Whether the answer was read before upstream refused, and asked for after.

    The process that was told serves nothing of the kind.
    Others may serve what they had in their own memories or were reading themselves, until they are told by upstream
    too; from the store they take nothing of it any more.
    """
    if refusal.identity != ask.identity or not call.began_turn < refusal.turn < ask.asked_turn:
        return False
    if refusal.replica == ask.replica.name:
        return True
    # An answer that there is none does not tell by which call it came.
    if refusal.held is None or call.told is None or call.replica == ask.replica.name:
        return False
    return call.number not in refusal.held.get(ask.replica.name, ())


def _is_usable(ask):
    """Whether a memory held, before this step and still, what the one key of an operation could be answered with."""
    if not ask.is_lone:
        return False
    entity = ":invoice-summaries:" if ask.keys == (None,) else f":invoice:{ask.keys[0]}"
    for key, entry in ask.replica.memory.kept().items():
        if f":{ask.identity}:" in key and key.endswith(entity) and ask.has_been_kept(key):
            kept_s = ask.replica.now_s() - entry.kept_at_s
            age_s = ask.replica.now_s() - entry.read_at_s
            if ask.control.no_cache or age_s > ask.control.max_age_s:
                return kept_s <= RENEWED_AT_MOST_EVERY_S and kept_s < entry.windows.usable_s
            return kept_s < entry.windows.usable_s and kept_s - entry.windows.fresh_s <= ask.control.max_stale_s
    return False
