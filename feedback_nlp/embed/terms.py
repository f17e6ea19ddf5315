"""What a text is made of for the static model: words, and the characters inside them.

A word that the vocabulary lacks is still read by its characters, so no text of known
characters is lost. Punctuation and blanks carry style, not matter, and are left out.

A batch is cut as one long text and looked up in arrays; the tokenizer is then the
larger part of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt
from scipy import sparse

from feedback_nlp.chinese import default_tokenizer, fold_batch

MAX_CHARACTERS = 2_000
"""Characters of a text that are read; a unit has 120 at most."""

_LAST_CODE = 0x1FFFF  # emoji are below; rarer ideographs above share no row
_EMOJI_FROM = 0x1F000
_BREAK = "\n"  # between texts; a tokenizer never joins words over it
_NO_ROW = -1


def split_terms(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield the terms of each text: its words, then each of its characters.

    ``手机闪退`` gives ``手机``, ``闪退``, ``手``, ``机``, ``闪``, ``退``. Latin words and
    numbers stay whole, and a word of one character counts once.
    """
    cut = default_tokenizer().cut
    for text in fold_batch([text[:MAX_CHARACTERS] for text in texts]):
        yield [word for word in cut(text) if _is_word(word)] + list(filter(_is_matter, text))


def _is_word(term: str) -> bool:
    """Return whether a term is looked up as a word: longer than one character, or ASCII."""
    return (len(term) > 1 or term.isascii()) and any(map(str.isalnum, term))


def _is_matter(character: str) -> bool:
    """Return whether a character counts for itself: ideographs, kana, emoji, not ASCII."""
    return not character.isascii() and (character.isalnum() or ord(character) >= _EMOJI_FROM)


class Vocabulary:
    """Maps terms to rows of an embedding table.

    Args:
        terms: Distinct terms as :func:`split_terms` yields them; the index is the row.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = tuple(terms)
        self._words: dict[str, int] = {}
        self._characters = np.full(_LAST_CODE + 2, _NO_ROW, dtype=np.int32)
        for row, term in enumerate(self.terms):
            if len(term) > 1 or term.isascii():
                self._words[term] = row
            elif ord(term) <= _LAST_CODE:
                self._characters[ord(term)] = row

    def __len__(self) -> int:
        return len(self.terms)

    def count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Count known terms.

        Returns:
            float32 CSR of shape (len(texts), len(self)).
        """
        folded = fold_batch([text[:MAX_CHARACTERS] for text in texts])
        joined = _BREAK.join(folded)
        ends = np.cumsum([len(text) + 1 for text in folded], dtype=np.int64)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        character_rows = self._characters[np.minimum(codes, _LAST_CODE + 1)]
        words = default_tokenizer().cut(joined)
        lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        word_rows = np.fromiter(
            map(self._words.get, words, repeat(_NO_ROW)), dtype=np.int32, count=len(words)
        )
        counted: sparse.csr_matrix = self._matrix(
            word_rows, np.cumsum(lengths) - lengths, ends
        ) + self._matrix(character_rows, np.arange(len(codes)), ends)
        return counted

    def _matrix(
        self,
        rows: npt.NDArray[np.int32],
        offsets: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
    ) -> sparse.csr_matrix:
        """Build CSR from table rows found at ascending ``offsets`` of the joined text."""
        known = rows != _NO_ROW
        starts = np.zeros(len(ends) + 1, dtype=np.int32)
        starts[1:] = np.searchsorted(offsets[known], ends)
        return sparse.csr_matrix(
            (np.ones(int(starts[-1]), dtype=np.float32), rows[known], starts),
            shape=(len(ends), len(self)),
        )
