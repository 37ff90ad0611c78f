"""What a request's `Cache-Control` is read as."""

import math

import pytest

from gateway.freshness import ANY_AGE, CacheControl
from gateway.web.cache_control import cache_control


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ANY_AGE),
        ([""], ANY_AGE),
        (["no-cache"], CacheControl(no_cache=True)),
        (["No-Cache , ONLY-IF-CACHED"], CacheControl(no_cache=True, only_if_cached=True)),
        (["max-stale=0"], CacheControl(max_stale_s=0)),
        (["max-stale"], ANY_AGE),
        (['max-age="60"'], CacheControl(max_age_s=60)),
        (["max-age=1", "max-stale=2"], CacheControl(max_age_s=1, max_stale_s=2)),
        (["max-age=-1, max-stale=1.5, max-age=²"], ANY_AGE),
        (['no-store, no-transform, min-fresh=5, private="x"'], ANY_AGE),
        (["max-age=0000000000060"], CacheControl(max_age_s=60)),
        (["max-age=" + "9" * 10_000], CacheControl(max_age_s=999_999_999)),
    ],
)
def test_directives_are_read_and_the_unknown_ones_left(headers, expected):
    assert cache_control(headers) == expected


@pytest.mark.parametrize("header", ["", "max-stale", "max-age=-1", "no-store"])
def test_who_asks_for_nothing_shares_with_those_who_say_nothing(header):
    assert cache_control([header]) is ANY_AGE


def test_without_a_word_any_age_is_taken():
    assert (ANY_AGE.max_age_s, ANY_AGE.max_stale_s) == (math.inf, math.inf)
