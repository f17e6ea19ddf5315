from __future__ import annotations

import numpy as np

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.config import TopicsConfig, load_config
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.documents import Documents
from feedback_nlp.topics.fresh import FreshClustering
from feedback_nlp.topics.words import read_topic_words

CODES = ("app.crash", "car.fuel", "car.noise")


def config() -> TopicsConfig:
    return load_config().topics


def clustering(trades: frozenset[str]) -> FreshClustering:
    return FreshClustering(config(), default_tokenizer(), read_topic_words(), CODES, trades)


def documents(texts: tuple[str, ...], scores: np.ndarray) -> Documents:
    count = len(texts)
    dense = np.eye(count, dtype=np.float32)
    return Documents(
        texts=texts,
        vectors=unit_rows(np.hstack([dense, unit_rows(scores)])),
        scores=scores,
        counts=np.full(count, 8),
        of_row=np.arange(count),
        is_long=False,
    )


def test_an_issue_of_another_trade_brings_nothing_together() -> None:
    both = documents(("箱盖一响", "箱盖又响"), np.array([[0, 0, 0.5], [0, 0, 0.6]], np.float32))
    assert both.vectors[0] @ both.vectors[1] > 0.4
    elsewhere = clustering(frozenset({"app"})).at_home_vectors(both)
    assert abs(float(elsewhere[0] @ elsewhere[1])) < 1e-6
    at_home = clustering(frozenset({"car"})).at_home_vectors(both)
    assert at_home[0] @ at_home[1] > 0.4


def test_a_doubtful_anchor_must_say_a_word_of_its_issue() -> None:
    least = config().anchor_min_score
    scores = np.zeros((6, 3), np.float32)
    scores[:, 1] = [4 * least, 4 * least, 4 * least, 1.1 * least, 1.1 * least, 1.1 * least]
    texts = ("油耗高", "费油", "油老虎", "油耗真大", "跑着吃力", "开着心疼")
    found = clustering(frozenset({"car"})).anchors(documents(texts, scores))
    assert found.tolist() == [1, 1, 1, 1, -1, -1]


def test_what_lies_far_from_all_topics_is_clustered_among_itself() -> None:
    random = np.random.default_rng(5)
    near = np.repeat(np.eye(2, 40, dtype=np.float32), 30, axis=0)
    near += 0.05 * random.standard_normal(near.shape).astype(np.float32)
    vectors = np.vstack([near, np.eye(38, 40, 2, dtype=np.float32)])
    labels = np.full(len(vectors), -1, np.int64)
    clustering(frozenset({"app"}))._look_again(labels, unit_rows(vectors), np.ones(len(vectors)))
    first, second = set(labels[:30].tolist()), set(labels[30:60].tolist())
    assert len(first) == len(second) == 1
    assert first != second
    assert min(first | second) >= len(CODES)
