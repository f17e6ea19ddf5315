"""Keeps pandas out of processes that never meet a data frame.

Arrow imports pandas, where it is installed, when it makes an array of the first list: it might
be a Series. That is half a second of CPU in every worker, as much as all its models take.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Unseen:
    """Finds no pandas; asked before any finder that would."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide_pandas() -> None:
    """Let no import find pandas from now on, in a process whose whole work is known."""
    if _Unseen not in sys.meta_path:
        sys.meta_path.insert(0, _Unseen)


@contextmanager
def pandas_hidden() -> Iterator[None]:
    """Let no import find pandas inside the block; Arrow looks again when it is asked for one."""
    hide_pandas()
    try:
        yield
    finally:
        sys.meta_path.remove(_Unseen)
