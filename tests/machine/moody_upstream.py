"""An upstream whose truth changes, and which answers late, fails, throttles and refuses as it is told.

Every answer carries whose it is, the version of the truth that it tells, and the number of the call that it came by:
so whatever is served names the one reading that stands behind it.
"""

import dataclasses
from datetime import UTC, date, datetime, timedelta

from gateway.billing import Invoice, InvoiceCollection, InvoiceSource, InvoiceSummaries, InvoiceSummary
from gateway.errors import ForbiddenError, UnauthenticatedError

EPOCH_S = 1_000_000.0
PDF_LINK_ENDS_AFTER_S = 360.0
BY_ID_REFUSED = ForbiddenError("not by id", "900329")

# Two are always there, so that no window is without a witness of its reading; one is never listed.
DAYS = {
    "G0": date(2026, 1, 10),
    "G1": date(2026, 1, 20),
    "G2": date(2026, 2, 10),
    "G3": None,
    "G4": date(2026, 2, 20),
}
ALWAYS = ("G0", "G4")


@dataclasses.dataclass
class Call:
    """One upstream call. Moments are on the machine's clock, turns are the machine's count of what happened."""

    number: int
    replica: str
    identity: str
    thing: str
    operation: object
    began_s: float
    began_turn: int
    told: object = None
    told_s: float = 0.0
    ended_s: float | None = None
    ended_turn: int | None = None
    gate: object = None

    @property
    def is_running(self):
        return self.ended_s is None

    @property
    def kind(self):
        return self.thing.split(" ", 1)[0]


class Truth:
    """What upstream has for one identity, now and at every moment before."""

    def __init__(self):
        self.versions = {}
        self.history = []

    def tell(self, now_s, versions):
        self.versions = versions
        self.history.append((now_s, versions))

    def was(self, versions, at_s):
        """Whether that was the truth at a moment; both sides of a change are."""
        until = [since_s for since_s, _ in self.history[1:]] + [float("inf")]
        return any(
            since_s <= at_s <= until_s and all(then.get(key) == each for key, each in versions.items())
            for (since_s, then), until_s in zip(self.history, until, strict=True)
        )


class MoodyUpstream:
    """Partner Center for some identities.

    Attributes:
        calls: every call that was made, in order.
        problems: what the gateway did that it must not do.
        mood: by identity, an error that its calls end with, or None.
        refuses_once: by identity, the error that its next call ends with.
        is_slow: identities whose calls wait to be released.
        tells_late: whether a call tells the truth of its end, or of its beginning.
    """

    def __init__(self, loop, identities, turn):
        self._loop = loop
        self._turn = turn
        self._version = 0
        self.calls = []
        self.mood = dict.fromkeys(identities)
        self.refuses_once = {}
        self.is_slow = set()
        self.tells_late = False
        self.truth = {identity: Truth() for identity in identities}
        self.began = lambda _call: None
        self.refused = lambda _call: None
        for identity in identities:
            self.change(identity, {"summaries", *DAYS} - {"G2"}, set())

    def change(self, identity, renewed, gone):
        """Another truth from now on: some things have a new version, and some are not there."""
        versions = dict(self.truth[identity].versions)
        for thing in sorted(renewed):
            self._version += 1
            versions[thing] = self._version
        for thing in gone:
            versions.pop(thing, None)
        self.truth[identity].tell(self._loop.time(), versions)

    def running(self):
        return [call for call in self.calls if call.is_running]

    async def answer(self, replica, operation, thing):
        """The call, and what was true for its identity at its moment; raises what the mood is."""
        operation.budget.spend()
        identity = operation.caller.scope.identity
        now_s = self._loop.time()
        call = Call(len(self.calls), replica, identity, thing, operation, now_s, self._turn())
        self.began(call)
        self.calls.append(call)
        try:
            told = self._tell(call)
            if identity in self.is_slow:
                call.gate = self._loop.create_future()
                await call.gate
                told = self._tell(call) if self.tells_late and not isinstance(told, Exception) else told
            if isinstance(told, Exception):
                raise told
        except (UnauthenticatedError, ForbiddenError) as error:
            if error is not BY_ID_REFUSED:
                self.refused(call)
            raise
        else:
            return call, told
        finally:
            call.ended_s, call.ended_turn = self._loop.time(), self._turn()

    def _tell(self, call):
        mood = self.refuses_once.pop(call.identity, None) or self.mood[call.identity]
        if mood is not None and (mood is not BY_ID_REFUSED or call.kind == "invoice"):
            return mood
        call.told, call.told_s = self.truth[call.identity].versions, self._loop.time()
        return call.told


class ReplicaSource(InvoiceSource):
    """The upstream as one replica calls it."""

    def __init__(self, upstream, replica):
        self._upstream = upstream
        self._replica = replica

    async def invoice_summaries(self, operation):
        call, versions = await self._upstream.answer(self._replica, operation, "summaries")
        return InvoiceSummaries(1, (InvoiceSummary(_stamp(call, versions["summaries"])),))

    async def invoices(self, operation, window):
        thing = f"invoices {window.from_day}..{window.until_day}"
        call, versions = await self._upstream.answer(self._replica, operation, thing)
        listed = [
            _invoice(call, key, versions[key], is_whole=False) for key in DAYS if is_listed(key, versions, window)
        ]
        return InvoiceCollection(listed)

    async def invoice(self, operation, invoice_id):
        call, versions = await self._upstream.answer(self._replica, operation, f"invoice {invoice_id}")
        if invoice_id not in versions:
            call.told = None
            return None
        return _invoice(call, invoice_id, versions[invoice_id], is_whole=True)


def is_listed(invoice_id, versions, window):
    day = DAYS[invoice_id]
    if day is None or invoice_id not in versions:
        return False
    return (window.from_day or date.min) <= day < (window.until_day or date.max)


def read_stamp(text):
    """Of whom, which version, and by which call."""
    identity, version, number = text.split("|")[:3]
    return identity, int(version), int(number)


def _stamp(call, version):
    return f"{call.identity}|{version}|{call.number}"


def _invoice(call, invoice_id, version, *, is_whole):
    day = DAYS[invoice_id]
    ends_at_s = EPOCH_S + call.began_s + PDF_LINK_ENDS_AFTER_S
    stamp = _stamp(call, version)
    return Invoice(
        invoice_id,
        invoice_date=datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
        state=stamp,
        is_whole=is_whole,
        pdf_download_link=f"{stamp}|{ends_at_s}" if is_whole else None,
        pdf_download_link_expires_at=datetime.fromtimestamp(0, UTC) + timedelta(seconds=ends_at_s)
        if is_whole
        else None,
    )
