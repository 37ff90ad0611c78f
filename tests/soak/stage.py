"""The processes of a soak: a sandbox as upstream, a Redis, and two gateways that share it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.e2e.gateway_process import GatewayProcess
from tests.redis_server import RedisServer
from tests.sandbox_control import SandboxControl
from tests.soak.gateways import SoakGateway

DEADLINE_S = 5.0
CALL_S = 8.0
_SETTINGS = {
    "GATEWAY_DEADLINE_S": f"{DEADLINE_S}",
    "GATEWAY_UPSTREAM_TIMEOUT_S": f"{CALL_S}",
    # Short, so that answers become stale all the time; they may stand in for failures for the usual hour and day.
    "GATEWAY_LIST_FRESH_S": "3",
    "GATEWAY_LIST_STALE_S": "5",
    "GATEWAY_INVOICE_FRESH_S": "4",
    "GATEWAY_INVOICE_STALE_S": "6",
    "GATEWAY_NOT_FOUND_FRESH_S": "2",
    # Room for every answer: one that was pushed out is promised to nobody.
    "GATEWAY_CACHE_MAX_BYTES": "128MiB",
}


class Stage(NamedTuple):
    """What runs.

    Attributes:
        sandbox: upstream, as a process.
        control: of the sandbox.
        redis: what the gateways share.
        gateways: both, as yet unasked.
    """

    sandbox: GatewayProcess
    control: SandboxControl
    redis: RedisServer
    gateways: list[SoakGateway]

    @property
    def urls(self) -> dict[str, str]:
        """Of the gateways, by name."""
        return {gateway.name: gateway.url for gateway in self.gateways}

    @property
    def peers(self) -> dict[int, str]:
        """Whom the gateways connect to, by port."""
        return {int(self.sandbox.url.rpartition(":")[2]): "upstream", self.redis.port: "redis"}


@contextmanager
def stage(folder: Path, redis_program: str) -> Iterator[Stage]:
    """All of it, until the block ends, however it does.

    Args:
        folder: for logs and Redis.
        redis_program: path of redis-server.
    """
    with ExitStack() as running:
        sandbox = GatewayProcess("sandbox", "--port", "0")
        running.callback(sandbox.popen.wait)
        running.callback(sandbox.popen.kill)
        redis = RedisServer(redis_program, folder)
        redis.start()
        running.callback(redis.stop)
        control = running.enter_context(SandboxControl(sandbox.url))
        settings = _SETTINGS | {
            "GATEWAY_UPSTREAM_URL": sandbox.url,
            "GATEWAY_CACHE_URL": f"redis://127.0.0.1:{redis.port}/0",
        }
        gateways = []
        for name in ("one", "two"):
            gateway = SoakGateway(name, folder / f"{name}.log", **settings)
            running.callback(gateway.kill)
            gateways.append(gateway)
        yield Stage(sandbox, control, redis, gateways)
