"""Callers who send their bodies slowly: the time is theirs, and says nothing of upstream."""

import json
import time
from contextlib import ExitStack

from gateway.app import create_app
from gateway.settings import Settings
from tests.raw_caller import RawCaller, request
from tests.web.test_web_connections import served

DEADLINE_S = 0.5
DRIBBLE_S = 0.8
# As many failures in a row as open the breaker, and some.
CALLERS = 12


def asking_for(id_):
    return request(f'{{"query": "{{invoice(id: \\"{id_}\\") {{id}}}}"}}')


def test_a_body_that_comes_slower_than_the_deadline_is_answered_and_leaves_upstream_open_to_others(sandbox):
    ids = [f"G{100_001 + number:09}" for number in range(CALLERS + 1)]
    app = create_app(Settings(upstream_url=sandbox.url, cache_url="none://", deadline_s=DEADLINE_S))
    with served(app, head_timeout_s=30) as (url, _connections), ExitStack() as open_ones:
        callers = [open_ones.enter_context(RawCaller(url)) for _ in range(CALLERS)]
        for caller, id_ in zip(callers, ids, strict=False):
            caller.send(asking_for(id_)[:-5])
        time.sleep(DRIBBLE_S)
        answers = []
        for caller, id_ in zip(callers, ids, strict=False):
            # One after the other: a busy machine answers each of them well within the deadline.
            caller.send(asking_for(id_)[-5:])
            answers.append(json.loads(caller.answer().body))
        with RawCaller(url) as other:
            other.send(asking_for(ids[-1]))
            answers.append(json.loads(other.answer().body))

    assert answers == [{"data": {"invoice": {"id": id_}}} for id_ in ids]
    assert sandbox.calls() == [f"/v1/invoices/{id_}" for id_ in ids]
