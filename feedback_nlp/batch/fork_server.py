"""The process that workers are copies of: it loads what they need beside the one that reads.

Imports next to nothing, so that it can be started before anything else is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import forkserver, get_all_start_methods, get_context
from pathlib import Path
from typing import Any

from feedback_nlp.cores import cores

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


def prepare_for(arguments: Sequence[str]) -> None:
    """Prepare if the words after ``classify`` look like a run of several workers.

    Loading the models takes as long as loading the commands; side by side, a run starts in
    half the time. A wrong guess costs a second of CPU and nothing else: what the run needs is
    decided where its options are read.
    """
    asked = _workers_in(arguments)
    if asked is None:
        sizes = (_size(word) for word in arguments if not word.startswith("-"))
        asked = cores() if sum(sizes) >= WORTH_WORKERS_BYTES else 1
    if asked > 1:
        prepare(arrow=any(".parquet" in word or "--partition-by" in word for word in arguments))


def _workers_in(arguments: Sequence[str]) -> int | None:
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name == "--workers":
            text = value or following
            return int(text) if text.isdecimal() else 1
    return None


def _size(word: str) -> int:
    try:
        path = Path(word)
        return path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):
        return 0
