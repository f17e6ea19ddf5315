"""What a text is made of for the static model: words, and the characters inside them.

A word that the vocabulary lacks is still read by its characters, so no text of known
characters is lost. Punctuation and blanks carry style, not matter, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from feedback_nlp.chinese import default_tokenizer, fold_batch

MAX_CHARACTERS = 2_000
"""Characters of a text that are read; a unit has 120 at most."""


def split_terms(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield the terms of each text: every word, then the characters of longer words.

    ``手机闪退`` gives ``手机``, ``闪退``, ``手``, ``机``, ``闪``, ``退``; Latin words and
    numbers stay whole.
    """
    cut = default_tokenizer().cut
    for text in fold_batch([text[:MAX_CHARACTERS] for text in texts]):
        words = cut(text)
        terms = [word for word in words if word.isalnum() or _has_matter(word)]
        terms += [
            character
            for word in words
            if len(word) > 1 and not word.isascii()
            for character in word
            if character.isalnum()
        ]
        yield terms


def _has_matter(word: str) -> bool:
    """Return whether a word that is not purely letters and digits (wi-fi, 😡) counts."""
    return any(character.isalnum() or ord(character) >= 0x1F000 for character in word)


class Vocabulary:
    """Maps terms to rows of an embedding table.

    Args:
        terms: Distinct terms; the index is the row.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = tuple(terms)
        self._rows = {term: row for row, term in enumerate(self.terms)}

    def __len__(self) -> int:
        return len(self.terms)

    def count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Count known terms.

        Returns:
            float32 CSR of shape (len(texts), len(self)), a term's repeats as separate
            entries in text order (not summed, so it is only good for products).
        """
        rows: list[int] = []
        starts: npt.NDArray[np.int32] = np.zeros(len(texts) + 1, dtype=np.int32)
        known = self._rows
        for index, terms in enumerate(split_terms(texts), start=1):
            rows += [known[term] for term in terms if term in known]
            starts[index] = len(rows)
        return sparse.csr_matrix(
            (np.ones(len(rows), dtype=np.float32), np.array(rows, dtype=np.int32), starts),
            shape=(len(texts), len(self)),
        )
