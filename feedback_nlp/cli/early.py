"""Gets workers of ``classify`` ready before the command itself is loaded.

Loading the models takes as long as loading the command; side by side, a run starts in half the
time. What is said here is a guess from the words alone: a wrong one costs a second of CPU and
nothing else, for what a run needs is decided where its options are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feedback_nlp.batch.fork_server import WORTH_WORKERS_BYTES, prepare
from feedback_nlp.cores import cores


def prepare_for(arguments: Sequence[str]) -> None:
    """Prepare if the words after ``classify`` look like a run of several workers."""
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
