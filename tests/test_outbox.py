"""What is put into the outbox goes out when the turn of the event loop is over, unless something has come for it."""

import asyncio
import socket

import pytest

from gateway.outbox import Outbox

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Sending:
    """A sender at one end of a pair of sockets, which says what it was told to do."""

    def __init__(self, name, said, *, then=None):
        self.name, self.said, self.then = name, said, then
        self.other, self.mine = socket.socketpair()
        self.descriptor = self.mine.fileno()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.other.close()
        self.mine.close()

    def send(self):
        self.said.append(f"{self.name} sends")
        if self.then is not None:
            self.then()

    def keep(self):
        self.said.append(f"{self.name} keeps")


async def the_end_of_the_turn():
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_all_go_out_in_their_order_when_the_turn_is_over():
    said, outbox = [], Outbox()
    with Sending("a", said) as first, Sending("b", said) as second:
        outbox.put(first)
        outbox.put(second)
        said.append("the turn is over")
        await the_end_of_the_turn()

    assert said == ["the turn is over", "a sends", "b sends"]


async def test_what_is_put_in_as_others_go_out_goes_out_with_the_next():
    said, outbox = [], Outbox()
    with Sending("b", said) as second, Sending("a", said, then=lambda: outbox.put(second)) as first:
        outbox.put(first)
        async with asyncio.timeout(5):
            while len(said) < 2:
                await asyncio.sleep(0)

    assert said == ["a sends", "b sends"]


@pytest.mark.parametrize("comes", ["bytes", "the end"])
async def test_one_for_whom_something_has_come_keeps_what_it_has_and_is_told_last(comes):
    said, outbox = [], Outbox()
    with Sending("a", said) as first, Sending("b", said) as second, Sending("c", said) as third:
        for sender in (first, second, third):
            outbox.put(sender)
        if comes == "bytes":
            first.other.send(b"unasked")
        else:
            first.other.shutdown(socket.SHUT_WR)
        await the_end_of_the_turn()

    assert said == ["b sends", "c sends", "a keeps"]


async def test_one_that_is_not_to_be_looked_at_sends_whatever_has_come():
    said, outbox = [], Outbox()
    with Sending("a", said) as new, Sending("b", said) as other:
        new.other.send(b"a ticket")
        new.descriptor = -1
        outbox.put(new)
        outbox.put(other)
        await the_end_of_the_turn()

    assert said == ["a sends", "b sends"]


async def test_where_none_is_to_be_looked_at_nobody_looks(monkeypatch):
    """On Windows, to look at none is an error."""
    said, outbox = [], Outbox()
    monkeypatch.setattr("select.poll", None)
    with Sending("a", said) as new:
        new.descriptor = -1
        outbox.put(new)
        await the_end_of_the_turn()

    assert said == ["a sends"]


async def test_a_fault_of_one_loses_nothing_of_others():
    said, told, outbox = [], [], Outbox()

    def fault():
        raise LookupError("ours")

    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(type(context["exception"])))
    with Sending("a", said, then=fault) as first, Sending("b", said) as second:
        outbox.put(first)
        outbox.put(second)
        await the_end_of_the_turn()

    assert said == ["a sends", "b sends"]
    assert told == [LookupError]
