"""Which terms tell a class of documents from the others: class-based TF-IDF.

What BERTopic computes with ``ClassTfidfTransformer(bm25_weighting=True,
reduce_frequent_words=True)``, for installations without it; a test holds the two equal.

Source: Grootendorst (2022), "BERTopic: Neural topic modeling with a class-based TF-IDF
procedure"; docs/decisions/0003-bertopic-light.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

_BLANKS = str.maketrans("\n\t", "  ")


def class_tfidf(
    documents: Sequence[str], labels: np.ndarray, terms: Callable[[str], list[str]]
) -> tuple[csr_matrix, np.ndarray]:
    """Weigh the terms of each class.

    With c the count of a term in a class, N the terms of the class, C the term's count in
    all classes and A the mean of N over classes, rounded down: √(c/N) · log((A+1) / (C+½)).
    A weight is negative where a term is more frequent than a whole class is long.

    Args:
        documents: n texts.
        labels: (n,) classes, integers ≥ 0; a row for each class that occurs, in order.
        terms: Cuts a text into terms.

    Returns:
        (k, v) float64 weights, and the v terms.

    Raises:
        ValueError: If no document has a term.
    """
    members: dict[int, list[str]] = {label: [] for label in sorted(set(labels.tolist()))}
    for label, document in zip(labels.tolist(), documents, strict=True):
        members[label].append(document)
    counts, words = _counted(
        [terms(" ".join(texts).translate(_BLANKS)) for texts in members.values()]
    )
    everywhere = np.asarray(counts.sum(axis=0)).ravel()
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    rarity = np.log(1 + (int(lengths.mean()) - everywhere + 0.5) / (everywhere + 0.5))
    shares = counts.data / np.repeat(lengths, np.diff(counts.indptr))
    weights = np.sqrt(shares) * rarity[counts.indices]
    return csr_matrix((weights, counts.indices, counts.indptr), counts.shape), words


def _counted(classes: Sequence[list[str]]) -> tuple[csr_matrix, np.ndarray]:
    """Count the terms of each class: (k, v) float64, and the v terms, sorted.

    scikit-learn's vectoriser gives the same; it takes two seconds to import, which is most of
    an analysis of a few texts.
    """
    found = [Counter(of_class) for of_class in classes]
    words = sorted(set[str]().union(*found))
    if not words:
        raise ValueError("no document has a term")
    column_of = {word: column for column, word in enumerate(words)}
    starts = np.cumsum([0, *map(len, found)])
    columns = [column_of[word] for counts in found for word in counts]
    values = np.array([count for counts in found for count in counts.values()], np.float64)
    counted = csr_matrix((values, columns, starts), (len(classes), len(words)))
    counted.sort_indices()
    return counted, np.array(words, dtype=object)


def strongest_terms(
    weights: csr_matrix, words: Sequence[str] | np.ndarray, count: int
) -> tuple[str, ...]:
    """Return the terms of one class that weigh most, those alike in weight by their characters.

    Args:
        weights: (1, v) weights of a class; only those above 0 are looked at.
        words: The v terms.
        count: How many at most.
    """
    found = [
        (-float(weight), words[column])
        for column, weight in zip(weights.indices, weights.data, strict=True)
        if weight > 0
    ]
    return tuple(str(word) for _, word in sorted(found)[:count])
