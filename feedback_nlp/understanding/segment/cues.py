"""Cue words as bits: which classes of cue a clause opens with, and which it holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from feedback_nlp.resources import read_tables
from feedback_nlp.understanding.segment.words import WordFinder

_LEXICON = "lexicons/unit_cues.toml"


@dataclass(frozen=True, slots=True)
class CueMatches:
    """Cue words found in a text, in order of start.

    Attributes:
        start, end: Code-point offsets, shape (m,), int64.
        held: Bits of the classes that count anywhere in a clause, shape (m,), int64.
        opening: Bits of the classes that count at the start of a clause, shape (m,), int64.
        inline: Whether a clause may begin here without punctuation, shape (m,), bool.
    """

    start: np.ndarray
    end: np.ndarray
    held: np.ndarray
    opening: np.ndarray
    inline: np.ndarray


class Cues:
    """The cue lexicon, compiled.

    Args:
        sections: Section name → class name → words, as in ``unit_cues.toml``.

    Attributes:
        held_names: Names of the classes behind the bits of ``held``, lowest bit first.
        opening_names: The same for ``opening``.
    """

    def __init__(self, sections: dict[str, dict[str, list[str]]]) -> None:
        self.held_names = (*sections["anywhere"], *sections["aspect"])
        self.aspect_names = (*sections["aspect"],)
        self.opening_names = (*sections["opening"],)
        bits: dict[str, list[int]] = {}
        for column, names in enumerate((self.held_names, self.opening_names)):
            for position, name in enumerate(names):
                for section in ("anywhere", "aspect") if column == 0 else ("opening",):
                    for word in sections[section].get(name, ()):
                        bits.setdefault(word, [0, 0, 0])[column] |= 1 << position
        for word in sections["inline"]["cut"]:
            bits.setdefault(word, [0, 0, 0])[2] = 1
        for word in sections["inline"]["keep"]:
            bits.setdefault(word, [0, 0, 0])
        _inherit_openings(bits)
        self._bits = np.array(list(bits.values()), dtype=np.int64).reshape(-1, 3)
        self._finder = WordFinder(list(bits))

    def find(self, codes: np.ndarray) -> CueMatches:
        """Find all cue words in folded code points, shape (n,), uint32."""
        word, start, end = self._finder.find(codes)
        bits = self._bits[word]
        return CueMatches(start, end, bits[:, 0], bits[:, 1], bits[:, 2] == 1)


def _inherit_openings(bits: dict[str, list[int]]) -> None:
    """Let a longer word open what its prefixes open: 要是能 as 要是 does."""
    openings = {word: row[1] for word, row in bits.items() if row[1]}
    for word, row in bits.items():
        for size in range(1, len(word)):
            row[1] |= openings.get(word[:size], 0)


@cache
def load_cues() -> Cues:
    """Return the shipped cue lexicon.

    Raises:
        ArtifactError: If the lexicon is missing.
    """
    return Cues(read_tables(_LEXICON))
