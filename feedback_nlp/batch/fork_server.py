"""The process that workers are copies of: it loads what they need beside the one that reads.

Imports next to nothing, so that it can be started before anything else is.
"""

from __future__ import annotations

import os
from multiprocessing import forkserver, get_all_start_methods, get_context
from typing import Any

WORTH_WORKERS_BYTES = 3_000_000
"""From this size on an input pays for starting workers."""


def prepare(*, arrow: bool = True) -> Any:
    """Let what workers need be loaded, once and beside this process; return how they start.

    Called as soon as it is likely that there will be workers: they are copies of a process that
    has imported everything and loaded the models, which saves each of them a second of CPU.

    Args:
        arrow: Whether they will read or write Parquet.
    """
    if "forkserver" not in get_all_start_methods():  # Windows
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        return get_context("spawn")
    context = get_context("forkserver")
    wanted = ["feedback_nlp.batch.warm"]
    context.set_forkserver_preload([*wanted, "feedback_nlp.batch.parquet"] if arrow else wanted)
    asked = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # the workers' numpy: one thread each, this one's as it was
    try:
        forkserver.ensure_running()
    finally:
        if asked is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = asked
    return context
