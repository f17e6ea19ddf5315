"""Cuts text into the pieces of a unigram model, with the characters each piece stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SPACE = "\u2581"  # how the model writes white space
_UNKNOWN_PENALTY = 10.0
_NEVER = -1e30


class Piece(NamedTuple):
    """One piece: its row in the table, and ``text[start:end]`` it stands for."""

    row: int
    start: int
    end: int


class UnigramPieces:
    """The likeliest way to cut a text into known pieces.

    Args:
        pieces: All pieces; the position is the row.
        scores: Log probability of each piece.
        unknown: Row of a character that no piece knows.
        replacements: Character → what it is normalised to (width, compatibility forms).

    Source: SentencePiece's unigram model (Kudo 2018), cut by Viterbi.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        scores: Sequence[float],
        unknown: int,
        replacements: Mapping[str, str],
    ) -> None:
        self._rows = {
            piece: (row, float(score))
            for row, (piece, score) in enumerate(zip(pieces, scores, strict=True))
            if piece and row != unknown
        }
        self._unknown = unknown
        self._unknown_score = min(map(float, scores)) - _UNKNOWN_PENALTY
        self._replacements = dict(replacements)
        self._longest: dict[str, int] = {}  # by first character
        for piece in self._rows:
            self._longest[piece[0]] = max(self._longest.get(piece[0], 0), len(piece))

    def cut(self, text: str) -> list[Piece]:
        """Return the pieces of ``text`` in order; white space at its end has none."""
        letters, origins = self._normalised(text)
        size = len(letters)
        best = [0.0] + [_NEVER] * size
        came = [(0, self._unknown)] * (size + 1)
        for begin in range(size):
            so_far = best[begin]
            longest = self._longest.get(letters[begin], 0)
            for end in range(begin + 1, min(begin + longest, size) + 1):
                found = self._rows.get(letters[begin:end])
                if found is not None and so_far + found[1] > best[end]:
                    best[end], came[end] = so_far + found[1], (begin, found[0])
            if so_far + self._unknown_score > best[begin + 1]:
                best[begin + 1] = so_far + self._unknown_score
                came[begin + 1] = (begin, self._unknown)
        cut: list[Piece] = []
        end = size
        while end:
            begin, row = came[end]
            cut.append(Piece(row, origins[begin], origins[end - 1] + 1))
            end = begin
        return cut[::-1]

    def _normalised(self, text: str) -> tuple[str, list[int]]:
        """Return the text as the model writes it, and which character each letter came from."""
        letters, origins = [_SPACE], [0]
        for place, character in enumerate(text):
            for letter in self._replacements.get(character, character):
                if letter.isspace():
                    if letters[-1] == _SPACE:
                        continue
                    letter = _SPACE  # noqa: PLW2901 - one normalisation, in place
                letters.append(letter)
                origins.append(place)
        if letters[-1] == _SPACE:
            letters.pop()
            origins.pop()
        return "".join(letters), origins
