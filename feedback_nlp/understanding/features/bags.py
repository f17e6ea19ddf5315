"""Sums of rows of a table, a bag of rows at a time: a sparse matrix times a dense one.

The loop is scipy's own. It is taken from its compiled module without the rest of
``scipy.sparse``, whose import takes longer (0.2 s) than reading the models; where a release of
scipy has it elsewhere, the whole is imported and does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MODULE = "scipy.sparse._sparsetools"


def bag_sums(
    weights: Floats, rows: npt.NDArray[Any], starts: npt.NDArray[Any], table: Floats
) -> Floats:
    """Return the weighted sum of the rows of each bag, added up in order: shape (n, columns).

    Args:
        weights: One a row that is added, shape (size,).
        rows: Which row of the table that is, shape (size,), integers.
        starts: Where each bag begins, and the size: shape (n + 1,), ascending integers.
        table: Shape (rows, columns).
    """
    bags = len(starts) - 1
    loop = _loop()
    if loop is None:
        from scipy import sparse  # noqa: PLC0415 - see above

        matrix = sparse.csr_array((weights, rows, starts), shape=(bags, len(table)))
        product: Floats = matrix @ table
        return product
    sums = np.zeros((bags, table.shape[1]), dtype=np.float32)
    if sums.size and len(table):
        places = (starts.astype(np.int32, copy=False), rows.astype(np.int32, copy=False))
        loop(bags, len(table), table.shape[1], *places, weights, table.ravel(), sums.ravel())
    return sums


@cache
def _loop() -> Callable[..., None] | None:
    """Return ``csr_matvecs``, ``None`` where it cannot be had alone."""
    try:
        scipy = find_spec("scipy")
        folder = Path(scipy.origin or "").parent / "sparse" if scipy is not None else Path()
        files = (folder / f"_sparsetools{suffix}" for suffix in EXTENSION_SUFFIXES)
        spec = spec_from_file_location(_MODULE, next(file for file in files if file.is_file()))
        if spec is None or spec.loader is None:
            return None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found: Callable[..., None] = module.csr_matvecs
    except (ImportError, AttributeError, StopIteration):
        return None
    return found
