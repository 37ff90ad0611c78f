"""The gateways of the soak, as processes, and what can be seen of them from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.process_memory import resident_bytes

_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 30
_LISTENING = "0A"  # Of a socket's states in /proc/net/tcp.


class SoakGateway:
    """A running `counted_gateway`.

    Args:
        name: for tables.
        log: the file of its log.
        settings: GATEWAY_ variables.

    Attributes:
        url: where it listens.
    """

    def __init__(self, name: str, log: Path, **settings: str) -> None:
        self.name = name
        self.log = log
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.counted_gateway"],
                env=environment | {"GATEWAY_PORT": "0"} | settings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
            )
        self.url = self._address()

    def _address(self) -> str:
        until_s = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < until_s and self._process.poll() is None:
            found = re.search(r'"address": "([^"]+)"', self.log.read_text(encoding="utf-8"))
            if found:
                return found[1]
            time.sleep(0.05)
        self._process.kill()
        raise RuntimeError(f"gateway {self.name} did not start:\n{self.log.read_text(encoding='utf-8')}")

    def resident_bytes(self) -> int:
        return resident_bytes(self._process.pid)

    def held(self) -> dict[str, int]:
        """What it holds inside, as `counted_gateway.held` tells it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        counts: dict[str, int] = json.loads(self._process.stdout.readline())
        return counts

    def files(self, peers: dict[int, str]) -> Counter[str]:
        """Its open files by kind: connections by whom they lead to.

        Args:
            peers: names by port.
        """
        own_port = int(self.url.rpartition(":")[2])
        sockets = _tcp_sockets()
        kinds: Counter[str] = Counter()
        for descriptor in Path(f"/proc/{self._process.pid}/fd").iterdir():
            try:
                target = str(descriptor.readlink())
            except FileNotFoundError:
                continue
            found = re.fullmatch(r"socket:\[(\d+)\]", target)
            if found is None or found[1] not in sockets:
                kinds["other files"] += 1
                continue
            local, remote, state = sockets[found[1]]
            if local == own_port:
                kinds["listening" if state == _LISTENING else "connections of callers"] += 1
            else:
                kinds[f"connections to {peers.get(remote, 'others')}"] += 1
        return kinds

    def stop(self) -> int:
        """Its exit code, of an end as a person would make it."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_TIMEOUT_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _tcp_sockets() -> dict[str, tuple[int, int, str]]:
    """Local port, remote port and state of this machine's sockets, by inode (proc(5), /proc/net/tcp)."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    parted = (line.split() for line in lines)
    return {
        words[9]: (int(words[1].rpartition(":")[2], 16), int(words[2].rpartition(":")[2], 16), words[3])
        for words in parted
    }
