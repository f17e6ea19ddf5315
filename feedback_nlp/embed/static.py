"""The default embedder: one vector a word and a character, added up.

The vectors were trained to reproduce a strong sentence encoder's (see
:mod:`feedback_nlp.training.embeddings.distil`); a rare or empty word is short, a telling one
long, so the plain sum is already weighted. Stored as int8 with one scale a row.

Source: docs/decisions/0005-static-embeddings.md; Tissier et al. 2019 and model2vec for
static sentence vectors, Arora et al. 2017 for weighted sums of word vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.embed.port import Floats, normalized
from feedback_nlp.embed.terms import Vocabulary
from feedback_nlp.errors import ArtifactError

_BATCH_SIZE = 4096  # texts counted at a time: bounds memory, not results


class StaticEmbedder:
    """Sums of word and character vectors, scaled to unit length.

    Args:
        vocabulary: Terms, one a row of ``table``.
        table: float32 of shape (len(vocabulary), dimensions).
        version: Content version of the model folder it came from.
    """

    def __init__(self, vocabulary: Vocabulary, table: Floats, version: str = "") -> None:
        if table.ndim != 2 or len(table) != len(vocabulary):
            raise ArtifactError(
                f"静态向量表的形状是 {table.shape}，词表有 {len(vocabulary)} 个词",
                reason="embeddings-unusable",
            )
        self._vocabulary = vocabulary
        self._table = table
        self._version = version

    @property
    def name(self) -> str:
        """``static:`` and the model's content version."""
        return f"static:{self._version}"

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return int(self._table.shape[1])

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed a batch; a text without any known term gives zeros."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _BATCH_SIZE):
            counts = self._vocabulary.count(texts[start : start + _BATCH_SIZE])
            vectors[start : start + counts.shape[0]] = counts @ self._table
        return normalized(vectors)


def load_static(folder: Path) -> StaticEmbedder:
    """Load a model folder written by ``feedback-nlp train embeddings``.

    Raises:
        ArtifactError: If the folder is missing, damaged or holds another kind of model.
    """
    artifact = load_artifact(folder)
    try:
        rows, scales = artifact.tensors["rows"], artifact.tensors["scales"]
        terms = bytes(artifact.tensors["terms"]).decode("utf-8").split("\n")
    except (KeyError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{folder} 不是静态向量模型", reason="embeddings-unusable") from error
    return StaticEmbedder(Vocabulary(terms), expand(rows, scales), artifact.version)


def pack(terms: Sequence[str], table: Floats) -> Mapping[str, npt.NDArray[Any]]:
    """Return the tensors that :func:`load_static` reads: int8 rows, a scale each, the terms.

    Args:
        terms: One a row, none with a line break.
        table: Shape (len(terms), d).
    """
    scales = np.maximum(np.abs(table).max(axis=1, initial=0.0), 1e-12) / 127.0
    rows = np.rint(table / scales[:, None]).astype(np.int8)
    return {
        "rows": rows,
        "scales": scales.astype(np.float32),
        "terms": np.frombuffer("\n".join(terms).encode("utf-8"), dtype=np.uint8),
    }


def expand(rows: npt.NDArray[np.int8], scales: npt.NDArray[np.float32]) -> Floats:
    """Undo :func:`pack`'s quantisation: float32 of the rows' shape."""
    table: Floats = rows.astype(np.float32) * scales[:, None]
    return table
