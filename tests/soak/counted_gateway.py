"""`gateway serve` that counts what it holds: each byte on its standard input is answered by a line of JSON.

Tasks, pool slots and shared calls cannot be seen from outside of a process, and the gateway has no door for it. So a
thread beside it looks through the garbage collector's list of living objects, and the gateway knows nothing of that.
"""

import asyncio
import gc
import json
import os
import sys
import threading
from collections import Counter

from gateway.cache import BoundedMemoryCache
from gateway.cli import main
from gateway.partner_center.lanes import Lanes
from gateway.partner_center.pool import Pool
from gateway.partner_center.turn import Turn
from gateway.partner_center.turns import Turns
from gateway.shared_calls import SharedCalls

_STANDARD_INPUT = 0


def held() -> dict[str, int]:
    """How many of each kind this process holds now; what is garbage is swept first."""
    gc.collect()
    counts: Counter[str] = Counter()
    for each in gc.get_objects():
        # Not isinstance, which asks an object for its class: some answer by loading modules.
        kind = type(each)
        if issubclass(kind, asyncio.Task):
            counts["tasks"] += not each.done()
        elif issubclass(kind, asyncio.TimerHandle):
            counts["timers"] += not each.cancelled()
        elif kind is SharedCalls:
            counts["shared calls"] += len(each)
        elif kind is Turns:
            counts["turns"] += len(each)
        elif kind is Turn:
            counts["turns and waits for one"] += 1
        elif kind is Lanes:
            counts["lanes"] += len(each)
        elif kind is Pool:
            counts["pool slots taken"] += each.taken
        elif kind is BoundedMemoryCache:
            counts["kept answers"] += len(each)
            counts["kept bytes"] += each.size_bytes
    counts["threads"] = threading.active_count()
    counts["objects"] = len(gc.get_objects())
    return counts


def _answer() -> None:
    while os.read(_STANDARD_INPUT, 1):
        print(json.dumps(held()), flush=True)


if __name__ == "__main__":
    threading.Thread(target=_answer, daemon=True).start()
    sys.exit(main(["serve"]))
