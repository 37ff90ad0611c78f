"""The refresh token's file: encrypted, for its owner only, whole at every moment."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from cryptography.fernet import Fernet

from gateway.errors import SignInRequiredError
from gateway.partner_center.refresh_token_store import LIFETIME_S, Held, RefreshTokenStore
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

KEY = Fernet.generate_key().decode()
OTHER_KEY = Fernet.generate_key().decode()
FIRST = Held("first-secret", "ada@contoso.example", "tenant-1", 2_000_000.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "refresh-token"


@pytest.fixture
def store(path):
    return RefreshTokenStore(path, KEY, FakeClock(1000.0))


async def test_what_was_saved_is_read_again(store):
    store.save(FIRST)

    assert await store.read() == FIRST


async def test_the_secret_is_not_in_the_file_and_the_file_is_its_owners_alone(store, path):
    store.save(FIRST)

    assert b"secret" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["refresh-token"]


async def test_a_successor_takes_the_place_and_lives_ninety_days_more(store, path):
    store.save(FIRST)
    await store.replace(FIRST, "second-secret")

    held = RefreshTokenStore(path, KEY).load()

    assert held == Held("second-secret", FIRST.user, FIRST.tenant, 1000.0 + LIFETIME_S)
    assert await store.read() == held


@pytest.mark.parametrize(
    "content",
    [None, b"", b"garbage", Fernet(OTHER_KEY.encode()).encrypt(b"{}")],
    ids=["no file", "nothing", "garbage", "of another key"],
)
async def test_without_a_token_that_can_be_read_a_person_must_sign_in(store, path, content):
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SignInRequiredError):
        await store.read()


async def test_a_key_can_be_changed_without_signing_in_again(store, path):
    store.save(FIRST)
    both = RefreshTokenStore(path, f"{OTHER_KEY},{KEY}")
    both.save(both.load())

    assert RefreshTokenStore(path, OTHER_KEY).load() == FIRST


def test_what_is_no_key_is_refused(path):
    with pytest.raises(ValueError, match="Fernet"):
        RefreshTokenStore(path, "not a key")


async def test_where_the_file_cannot_be_written_the_newest_is_kept_in_memory(store, path, monkeypatch):
    store.save(FIRST)
    monkeypatch.setattr(store, "_path", path.parent / "missing" / "refresh-token")
    await store.replace(FIRST, "second-secret")
    degraded = store.is_writable

    assert (await store.read()).refresh_token == "second-secret"
    assert (await store.read_again()).refresh_token == "second-secret"
    assert degraded is False
    monkeypatch.setattr(store, "_path", path)
    await store.replace(FIRST, "third-secret")
    assert store.is_writable is True


def test_a_token_does_not_show_in_a_repr():
    assert "secret" not in repr(FIRST)


def test_what_a_killed_process_left_is_removed_and_what_another_is_writing_is_not(store, path):
    left, being_written = path.parent / ".refresh-token.left", path.parent / ".refresh-token.now"
    for file in (left, being_written):
        file.write_bytes(b"half")
    os.utime(left, (time.time() - 61, time.time() - 61))

    store.save(FIRST)

    assert sorted(each.name for each in path.parent.iterdir()) == [".refresh-token.now", "refresh-token"]


WRITER = """
import sys
from pathlib import Path
from gateway.partner_center.refresh_token_store import Held, RefreshTokenStore

store = RefreshTokenStore(Path(sys.argv[1]), sys.argv[2])
number = int(sys.argv[3])
while True:
    number += 1
    store.save(Held(f"secret-{number}", "ada", "tenant", 0.0))
    # The answer goes out after the store has the new token; so the store may be ahead of it, never behind.
    print(number, flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_a_whole_token_no_older_than_the_last_answer(path):
    kills = int(os.environ.get("KILLS", "12"))
    answered = 0
    for round_number in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), KEY, str(answered)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.0007 * (round_number % 40))
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split("\n")
        writer.stdout.close()
        writer.wait()
        whole = [int(line) for line in lines[:-1] if line]
        answered = whole[-1] if whole else answered

        stored = int(RefreshTokenStore(path, KEY).load().refresh_token.removeprefix("secret-"))
        assert stored >= answered
        answered = stored
