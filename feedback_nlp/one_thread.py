"""Matrices of a page or of one topic are small: a second thread costs more than it does.

OpenBLAS's threads spin while they wait for one another. On two busy cores a pseudo-inverse of
180 columns took 105 ms of CPU with two and 5 with one; and sums of two threads add up in another
order, so that figures would depend on the machine's cores.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Return a block in which linear algebra runs in the thread that asks for it."""
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    import numpy as np  # noqa: F401, PLC0415 - its library must be loaded to be found

    return ThreadpoolController()
