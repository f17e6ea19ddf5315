"""BERTopic, light: the one adapter around it.

Our vectors instead of its embedding model, no reduction instead of UMAP, our graph
clustering instead of HDBSCAN, our Chinese tokenizer in its vectoriser. BERTopic's
``language="english"`` deletes Chinese text before counting words, so it is set.
Importing BERTopic takes about six seconds; it happens at the first fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

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
        terms: Cuts a document into the terms that may become keywords.
    """
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
    # BERTopic writes into the array of labels it is given.
    numbered, _ = model.fit_transform(list(documents), vectors, y=anchors.copy())
    labels = clustering.labels_
    keywords: dict[int, tuple[str, ...]] = {}
    for label, number in zip(labels.tolist(), numbered, strict=True):
        if label not in keywords:
            found = model.get_topic(number) or []
            keywords[label] = tuple(term for term, weight in found if term and weight > 0)
    return Clusters(labels, keywords)
