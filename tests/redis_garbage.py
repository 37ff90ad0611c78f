"""Garbage of every type that Redis has, to be put under keys."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis

GARBAGE: Mapping[str, Callable[[redis.Redis, Any], Any]] = {
    "empty": lambda direct, key: direct.set(key, b""),
    "text": lambda direct, key: direct.set(key, "garbage"),
    "bytes": lambda direct, key: direct.set(key, b"\xc1garbage"),
    "deep": lambda direct, key: direct.set(key, b"\x91" * 100_000),
    "strange entry": lambda direct, key: direct.set(key, b"\x92\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xa3abc"),
    "list": lambda direct, key: direct.rpush(key, 1),
    "set": lambda direct, key: direct.sadd(key, 1),
    "sorted set": lambda direct, key: direct.zadd(key, {"a": 1}),
    "hash": lambda direct, key: direct.hset(key, "a", 1),
    "stream": lambda direct, key: direct.xadd(key, {"a": 1}),
    "bitmap": lambda direct, key: direct.setbit(key, 7, 1),
    "hyperloglog": lambda direct, key: direct.pfadd(key, 1),
    "geo": lambda direct, key: direct.geoadd(key, (1, 1, "a")),
}


def replace_all(direct: redis.Redis, kinds: Sequence[str]) -> int:
    """Put garbage without a lifetime in the place of every key, of each kind in turn; the number of keys."""
    keys = direct.keys()
    for key, kind in zip(keys, itertools.cycle(kinds), strict=False):
        direct.delete(key)
        GARBAGE[kind](direct, key)
    return len(keys)
