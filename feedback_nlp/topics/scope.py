"""Which units enter the topics, and each distinct text once, in an order of its own.

Identical texts have identical vectors: clustered once, they cost less, and a burst of
copies cannot shape a cluster. Sorting by digest makes a fit independent of the order in
which the units came in, and lets a sample be the same sample when some rows are missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.chinese import fold_batch
from feedback_nlp.labels import Intent
from feedback_nlp.topics.records import TopicUnit

ISSUE_INTENTS = frozenset({Intent.BUG, Intent.FEATURE, Intent.COMPLAINT, Intent.QUESTION})


@dataclass(frozen=True)
class DistinctTexts:
    """The distinct folded texts of some units.

    Attributes:
        texts: m folded texts, sorted by digest.
        first: (m,) a row of the units that says it, for its embedding.
        of_row: (n,) index into ``texts`` of each of the n units.
        counts: (m,) how many units say it.
    """

    texts: tuple[str, ...]
    first: np.ndarray
    of_row: np.ndarray
    counts: np.ndarray


def distinct_texts(units: Sequence[TopicUnit]) -> DistinctTexts:
    """Fold and deduplicate the texts of ``units``."""
    folded = fold_batch([unit.text.strip() for unit in units])
    first_of: dict[str, int] = {}
    for row, text in enumerate(folded):
        # Of units that fold to the same text, the least raw text gives the embedding.
        if text not in first_of or units[row].text < units[first_of[text]].text:
            first_of[text] = row
    texts = tuple(sorted(first_of, key=_digest))
    position = {text: index for index, text in enumerate(texts)}
    of_row = np.fromiter((position[text] for text in folded), np.int64, len(folded))
    return DistinctTexts(
        texts=texts,
        first=np.fromiter((first_of[text] for text in texts), np.int64, len(texts)),
        of_row=of_row,
        counts=np.bincount(of_row, minlength=len(texts)),
    )


def _digest(text: str) -> tuple[bytes, str]:
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=8).digest(), text
