"""How much memory another process holds, as the kernel counts it."""

import re
from pathlib import Path

MIB = 1024**2


def resident_bytes(pid: int) -> int:
    """What it holds now."""
    return _status(pid, "VmRSS")


class PeakMemory:
    """The most that a process holds from now on.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        # proc(5), /proc/pid/clear_refs: 5 resets the peak to what is held now.
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        self._before = resident_bytes(pid)

    def growth_bytes(self) -> int:
        return _status(self._pid, "VmHWM") - self._before


def _status(pid: int, name: str) -> int:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
