"""What machine a benchmark ran on, for its JSON."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def hardware() -> dict[str, str | int]:
    """Return processor, cores and Python."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count() or 1,
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
