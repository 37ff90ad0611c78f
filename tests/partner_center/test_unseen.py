"""A look past the event loop: what it sees, whom it serves, and for how long."""

import asyncio
import socket

import pytest

from gateway.partner_center import unseen
from gateway.partner_center.connection import Connection, Origin
from gateway.partner_center.unseen import Unseen

pytestmark = pytest.mark.anyio

ORIGIN = Origin(is_secure=False, host="127.0.0.1", port=1)


@pytest.fixture
def pairs():
    """Four connections' sockets, and the other side's."""
    made = [socket.socketpair() for _ in range(4)]
    yield made
    for ours, theirs in made:
        ours.close()
        theirs.close()


@pytest.fixture
def looks(monkeypatch):
    """How many sockets were looked at, each time."""
    seen = []
    look = unseen.waiting_at

    def noted(descriptors):
        seen.append(len(descriptors))
        return look(descriptors)

    monkeypatch.setattr(unseen, "waiting_at", noted)
    # A busy machine's moment is longer.
    monkeypatch.setattr(unseen, "_GOOD_S", 60)
    return seen


def connections_over(pairs) -> list[Connection]:
    made = []
    for ours, _theirs in pairs:
        connection = Connection(ORIGIN, lambda _lost: None)
        connection.descriptor = ours.fileno()
        made.append(connection)
    return made


async def test_bytes_and_ends_that_wait_are_seen(pairs):
    quiet, spoken_to, ended, other = connections_over(pairs)
    pairs[1][1].send(b"x")
    pairs[2][1].close()
    looking = Unseen()

    assert [looking.is_at(each, []) for each in (quiet, spoken_to, ended, other)] == [False, True, True, False]


async def test_one_look_serves_all_who_are_taken_in_one_turn_of_the_loop(pairs, looks):
    first, *others = connections_over(pairs)
    looking = Unseen()
    found = [looking.is_at(first, others), *(looking.is_at(each, []) for each in others)]

    assert found == [False] * 4
    assert looks == [4]


async def test_what_comes_after_a_look_is_seen_in_the_next_turn(pairs, looks):
    first, second, *_ = connections_over(pairs)
    looking = Unseen()
    before = looking.is_at(first, [second])
    pairs[1][1].send(b"x")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not before
    assert looking.is_at(second, [])
    assert looks == [2, 1]


async def test_a_look_serves_each_but_once(pairs, looks):
    """Once taken it is asked something, and idle again something may have come."""
    first, second, *_ = connections_over(pairs)
    looking = Unseen()
    taken = [looking.is_at(first, [second]), looking.is_at(second, [])]
    pairs[1][1].send(b"x")

    assert taken == [False, False]
    assert looking.is_at(second, [])
    assert looks == [2, 1]


async def test_what_one_look_has_found_is_found_again(pairs, looks):
    first, second, *_ = connections_over(pairs)
    pairs[1][1].send(b"x")
    looking = Unseen()

    assert [looking.is_at(first, [second]), looking.is_at(second, [])] == [False, True]
    assert looks == [2, 1]
