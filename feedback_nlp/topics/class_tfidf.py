"""Which terms tell a class of documents from the others: class-based TF-IDF.

What BERTopic computes with ``ClassTfidfTransformer(bm25_weighting=True,
reduce_frequent_words=True)``, for installations without it; a test holds the two equal.

Source: Grootendorst (2022), "BERTopic: Neural topic modeling with a class-based TF-IDF
procedure"; docs/decisions/0003-bertopic-light.md.
"""

from __future__ import annotations

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
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 - slow to load
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    members: dict[int, list[str]] = {label: [] for label in sorted(set(labels.tolist()))}
    for label, document in zip(labels.tolist(), documents, strict=True):
        members[label].append(document)
    vectorizer = CountVectorizer(analyzer=terms)
    counts = vectorizer.fit_transform(
        [" ".join(texts).translate(_BLANKS) for texts in members.values()]
    )
    everywhere = np.asarray(counts.sum(axis=0)).ravel()
    length = int(counts.sum(axis=1).mean())
    weights = normalize(counts.astype(np.float64), norm="l1", axis=1)
    weights.data = np.sqrt(weights.data)
    rarity = np.log(1 + (length - everywhere + 0.5) / (everywhere + 0.5))
    weights.data *= rarity[weights.indices]
    return csr_matrix(weights), vectorizer.get_feature_names_out()


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
