"""The port: anything that turns texts into vectors of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feedback_nlp.errors import ConfigError

Floats = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness.

    Every implementation passes ``tests/contracts/test_embedders.py``: the same text
    gives the same vector in whatever batch it comes, and a blank text gives zeros.
    """

    @property
    def name(self) -> str:
        """Backend and model, such as ``static:5f2c…``: vectors compare only within one name."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed a batch.

        Args:
            texts: Any strings, blank ones included.

        Returns:
            float32 of shape (len(texts), dimensions), in input order; rows have unit
            length, or are all zeros where there is nothing to go by.
        """
        ...


def normalized(vectors: npt.ArrayLike) -> Floats:
    """Scale each row to unit length; rows of zeros stay zeros.

    Args:
        vectors: Shape (n, d), any real type.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-9)
    return scaled


def scattered(vectors: Floats, rows: Sequence[int], count: int) -> Floats:
    """Put ``vectors`` at ``rows`` of an otherwise zero array of ``count`` rows.

    For backends that must not be asked about blank texts.
    """
    placed = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    placed[list(rows)] = vectors
    return placed


def checked_vectors(values: npt.ArrayLike, count: int, dimensions: int | None, who: str) -> Floats:
    """Check what a foreign model answered, and normalise it.

    Args:
        values: What came, as (count, d) numbers.
        count: Rows expected.
        dimensions: Columns expected, or ``None`` if not known yet.
        who: Backend and model, for the message.

    Raises:
        ConfigError: If the shape is another or a number is not finite.
    """
    try:
        vectors = np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{who} 返回的不是等长的数值向量", hint="检查模型名和服务是否真是向量模型"
        ) from error
    wanted = f"({count}, {dimensions or '维度'})"
    if vectors.ndim != 2 or len(vectors) != count or dimensions not in (None, vectors.shape[1]):
        raise ConfigError(
            f"{who} 返回的向量形状是 {vectors.shape}，应为 {wanted}",
            hint="检查模型名，以及服务端是否中途换过模型",
        )
    if not np.isfinite(vectors).all():
        raise ConfigError(f"{who} 返回的向量里有无效数值", hint="换一个模型或查看服务端日志")
    return normalized(vectors)
