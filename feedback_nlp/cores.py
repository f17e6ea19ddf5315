"""How many cores this process may use."""

from __future__ import annotations

import multiprocessing
import os


def cores() -> int:
    """Return them: what OMP_NUM_THREADS says (Spark sets it), else those of the machine.

    A process of a pool has one, its siblings use the others.
    """
    if multiprocessing.parent_process() is not None:
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
