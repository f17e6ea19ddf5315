"""BERTopic, light: the one adapter around it.

Our vectors instead of its embedding model, no reduction instead of UMAP, our graph
clustering instead of HDBSCAN, our Chinese tokenizer in its vectoriser. BERTopic's
``language="english"`` deletes Chinese text before counting words, so it is set.

BERTopic is imported at the first fit. Its package requires torch and numba, which only uv
can be told to leave out; so it is not among the requirements that pip sees, and where it
is not installed the two steps that are left of it run without it, with the same result.
See docs/decisions/0003-bertopic-light.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from scipy.sparse import csr_matrix

from feedback_nlp.topics.class_tfidf import class_tfidf, strongest_terms
from feedback_nlp.topics.clustering import GraphClustering

_KEYWORDS = 30


@dataclass(frozen=True)
class Clusters:
    """What BERTopic found.

    Attributes:
        labels: (n,) int32, one cluster a document.
        keywords: Terms of each cluster by class-based TF-IDF, strongest first.
    """

    labels: np.ndarray
    keywords: dict[int, tuple[str, ...]]


def bertopic_version() -> str | None:
    """Return the installed version of BERTopic; ``None`` if there is none."""
    try:
        return version("bertopic")
    except PackageNotFoundError:
        return None


def fit_bertopic(
    documents: Sequence[str],
    vectors: np.ndarray,
    anchors: np.ndarray,
    clustering: GraphClustering,
    terms: Callable[[str], list[str]],
) -> Clusters:
    """Fit BERTopic, semi-supervised by ``anchors``.

    Args:
        documents: n texts.
        vectors: (n, d) float32, unit length.
        anchors: (n,) labels ≥ 0 to keep, −1 to be found.
        clustering: What finds them.
        terms: Cuts a document into the terms that may become keywords; clusters of documents
            without any have no keywords.
    """
    some = _some_terms(documents, terms)
    if not some:  # BERTopic refuses those
        labels = clustering.fit(vectors, anchors.copy()).labels_
        return Clusters(labels, dict.fromkeys(np.unique(labels).tolist(), ()))
    if bertopic_version() is None or len(some) == 1:  # and fails where there is one term
        labels = clustering.fit(vectors, anchors.copy()).labels_
        weights, words = class_tfidf(documents, labels, terms)
        row_of = {label: row for row, label in enumerate(np.unique(labels).tolist())}
    else:
        weights, words, row_of = _by_bertopic(documents, vectors, anchors, clustering, terms)
        labels = clustering.labels_
    keywords = {
        label: strongest_terms(weights[row], words, _KEYWORDS) for label, row in row_of.items()
    }
    return Clusters(labels, keywords)


def _some_terms(documents: Sequence[str], terms: Callable[[str], list[str]]) -> set[str]:
    """Return the terms of the first documents until there are two different ones."""
    found: set[str] = set()
    for document in documents:
        found.update(terms(document))
        if len(found) > 1:
            break
    return found


def _by_bertopic(
    documents: Sequence[str],
    vectors: np.ndarray,
    anchors: np.ndarray,
    clustering: GraphClustering,
    terms: Callable[[str], list[str]],
) -> tuple[csr_matrix, np.ndarray, dict[int, int]]:
    """Return the weights of (topic, term), the terms, and the row of each label."""
    from bertopic import BERTopic  # noqa: PLC0415
    from bertopic.dimensionality import BaseDimensionalityReduction  # noqa: PLC0415
    from bertopic.vectorizers import ClassTfidfTransformer  # noqa: PLC0415
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415

    model = BERTopic(
        language="multilingual",
        top_n_words=_KEYWORDS,
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=clustering,
        vectorizer_model=CountVectorizer(analyzer=terms),
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
    )
    # BERTopic writes into the array of labels it is given, and numbers topics anew by size.
    numbered, _ = model.fit_transform(list(documents), vectors, y=anchors.copy())
    row_of = dict(zip(clustering.labels_.tolist(), numbered, strict=True))
    return model.c_tf_idf_, model.vectorizer_model.get_feature_names_out(), row_of
