"""The network learns, its gradients are right, and what it writes reads back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from feedback_nlp.training.understanding.dataset import HashedDataset, take
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.export import export
from feedback_nlp.training.understanding.fit import (
    REVIEW_HEADS,
    UNIT_HEADS,
    FitOptions,
    Fitted,
    fit,
)
from feedback_nlp.training.understanding.network import Network, Pace, Shape, Target
from feedback_nlp.training.understanding.wide import (
    WideOptions,
    fit_review_head,
    fit_unit_head,
    soft_regression,
)
from feedback_nlp.understanding.features import (
    NgramHasher,
    SoftmaxHead,
    UnitBatch,
    load_encoder,
    softmax,
)
from feedback_nlp.understanding.features.encoder import UNIT_COLUMNS, WIDE_COLUMNS
from feedback_nlp.understanding.intent import load_intent
from feedback_nlp.understanding.sentiment import load_sentiment
from tests.unit_batches import each_alone

GOOD = ["很好用", "非常喜欢", "推荐购买", "物流很快", "质量不错", "界面好看"]
BAD = ["很难用", "一直闪退", "太差劲了", "物流太慢", "质量垃圾", "全是广告"]
OPTIONS = FitOptions(
    hasher=NgramHasher(bits=12, orders=(1, 2)),
    shape=Shape(8, 8, 8),
    epochs=12,
    batch_size=8,
    min_count=1,
    dropout=0.1,
    ngram_dropout=0.0,
    row_rate=0.1,
    dense_rate=1e-2,
)


def _examples() -> list[Example]:
    examples = []
    for label, texts in ((0, BAD), (2, GOOD)):
        for one in texts:
            for other in texts[:3]:
                units = (one, other)
                examples.append(
                    Example(
                        units,
                        "toy",
                        {"overall": label},
                        {"sentiment": (label, label), "intent": (2 + label, 2 + label)},
                    )
                )
    return examples


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(_examples(), OPTIONS)


def test_it_learns_what_it_is_shown(fitted: Fitted):
    encoded = fitted.encoder().encode(each_alone([*BAD, *GOOD]))
    guess = fitted.heads["sentiment"].probabilities(encoded.units).argmax(axis=1)
    assert guess.tolist() == [0] * len(BAD) + [2] * len(GOOD)


def test_the_same_seed_gives_the_same_weights(fitted: Fitted):
    again = fit(_examples(), OPTIONS)
    assert np.array_equal(again.rows, fitted.rows)


def test_what_is_written_reads_back(fitted: Fitted, tmp_path: Path):
    export(fitted, tmp_path, figures={}, trained_on=["toy"], command="test")
    batch = UnitBatch(["很好用", "一直闪退", "全是广告"], np.array([1, 2]))
    before = fitted.encoder().encode(batch)
    after = load_encoder(tmp_path / "encoder").encode(batch)
    assert np.allclose(before.units, after.units, atol=0.05)  # int8 rows
    assert np.array_equal(
        load_sentiment(folder=tmp_path / "sentiment").score(after).argmax(axis=1), [2, 0, 0]
    )
    assert load_intent(tmp_path / "intent").score(after).shape == (3, 6)


def test_gradients_agree_with_finite_differences():
    """Adam's first step goes against the sign of the gradient, for every dense weight."""
    examples = _examples()[::5]
    data = HashedDataset.build(examples, OPTIONS.hasher, tuple(REVIEW_HEADS), tuple(UNIT_HEADS))
    reviews = np.arange(len(data))
    rows = take(data, reviews)
    targets = {
        "overall": Target(
            np.eye(4, dtype=np.float32)[data.review_labels["overall"]],
            np.ones(len(data), np.float32),
        ),
        "sentiment": Target(
            np.eye(3, dtype=np.float32)[data.unit_labels["sentiment"]],
            np.full(len(rows.units), len(data) / len(rows.units), np.float32),
        ),
    }
    weights = np.ones(data.bucket_count, np.float32)

    def network() -> Network:
        return Network(weights, OPTIONS.shape, UNIT_HEADS, REVIEW_HEADS, 0, seed=3)

    def step(one: Network, rate: float) -> float:
        return one.step(
            rows, targets, np.random.default_rng(0), Pace(0.0, rate, dropout=0.0, ngram_dropout=0.0)
        )

    moved = network()
    start = {name: value.copy() for name, value in moved.dense.items()}
    step(moved, 1e-3)
    for name in ("W1", "b1", "Wz", "bz", "sentiment.weight", "overall.weight"):
        change = moved.dense[name] - start[name]
        place = np.unravel_index(np.abs(moved._first[name]).argmax(), change.shape)
        losses = []
        for nudge in (2e-3, -2e-3):
            probe = network()
            probe.dense[name][place] += nudge
            losses.append(step(probe, 0.0))
        slope = (losses[0] - losses[1]) / 4e-3
        assert np.isclose(slope, moved._first[name][place] / 0.1, rtol=0.1, atol=1e-4), name


def test_reading_vectors_into_the_embedding_lowers_their_error():
    examples = _examples()
    units = [unit for example in examples for unit in example.units]
    vectors = np.array([[len(set(u) & set("很好闪退")), u in GOOD] for u in units], np.float16)
    taught = fit(examples, replace(OPTIONS, meaning_weight=5.0), meaning=vectors)
    assert taught.rows.shape == fit(examples, OPTIONS).rows.shape


def test_single_words_decide_where_the_embedding_is_silent(fitted: Fitted, tmp_path: Path):
    words = [("奇葩", 0), ("绝绝子", 2), ("凑合", 1), ("拉胯", 0), ("真香", 2), ("中规中矩", 1)]
    examples = [
        Example((f"{before}{word}",), "toy", unit_labels={"sentiment": (label,)})
        for word, label in words
        for before in ("", "这个", "感觉", "东西")
    ]
    index = OPTIONS.hasher.index([example.text for example in examples])
    seen = np.unique(np.concatenate(index.buckets))
    blank = replace(
        fitted,
        buckets=seen[seen < OPTIONS.hasher.bucket_count].astype(np.uint32),
        rows=np.zeros((int((seen < OPTIONS.hasher.bucket_count).sum()), 8), np.float32),
        idf=np.ones(int((seen < OPTIONS.hasher.bucket_count).sum()), np.float32),
    )
    taught = fit_unit_head(blank, examples, "sentiment", WideOptions())
    export(taught, tmp_path, figures={}, trained_on=["toy"], command="test")
    encoded = load_encoder(tmp_path / "encoder").encode(each_alone([w for w, _ in words]))
    probabilities = load_sentiment(folder=tmp_path / "sentiment").score(encoded)
    assert probabilities.argmax(axis=1).tolist() == [label for _, label in words]
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_fitting_one_head_leaves_the_others_as_they_were(fitted: Fitted):
    both = fit_unit_head(
        fit_unit_head(fitted, _examples(), "sentiment", WideOptions()),
        _examples(),
        "intent",
        WideOptions(),
    )
    again = fit_unit_head(both, _examples(), "sentiment", WideOptions(strength=0.1))
    assert both.columns is not None
    assert again.columns is not None
    part = WIDE_COLUMNS["intent"]
    assert np.array_equal(again.columns[:, part], both.columns[:, part])
    assert not np.array_equal(again.columns, both.columns)
    batch = each_alone([*BAD, *GOOD])
    before = both.heads["intent"].probabilities(both.encoder().encode(batch).units)
    after = again.heads["intent"].probabilities(again.encoder().encode(batch).units)
    assert np.allclose(before, after, atol=1e-6)
    plain = fitted.encoder().encode(batch).reviews
    assert np.array_equal(both.encoder().encode(batch).reviews[:, : plain.shape[1]], plain)


def test_ngrams_join_a_review_head(fitted: Fitted, tmp_path: Path):
    """Half the logits come from n-grams alone, and unit heads do not notice."""
    joined = fit_review_head(fitted, _examples(), "overall", WideOptions(review_strength=100))
    batch = each_alone([*BAD, *GOOD])
    encoded = joined.encoder().encode(batch)
    guess = joined.heads["overall"].probabilities(encoded.reviews)
    assert guess.argmax(axis=1).tolist() == [0] * len(BAD) + [2] * len(GOOD)
    part = WIDE_COLUMNS["overall"]
    assert joined.columns is not None
    bags = encoded.reviews[:, -(joined.columns.shape[1] - UNIT_COLUMNS) :]
    alone = bags[:, part.start - UNIT_COLUMNS : part.stop - UNIT_COLUMNS].argmax(axis=1)
    assert alone.tolist() == [0] * len(BAD) + [2] * len(GOOD)
    both = fit_unit_head(joined, _examples(), "intent", WideOptions())
    export(both, tmp_path, figures={}, trained_on=["toy"], command="test")
    read = load_encoder(tmp_path / "encoder").encode(batch)
    again = load_sentiment(folder=tmp_path / "sentiment").score_reviews(read)
    assert again is not None
    assert np.allclose(again, guess, atol=0.05)  # int8 rows and columns


def test_a_regression_to_probabilities_meets_them():
    """With one indicator a group, the best guess is the group's mean target."""
    features = sparse.csr_array(np.repeat(np.eye(2, dtype=np.float32), 2, axis=0))
    targets = np.array([[1, 0], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]], np.float32)
    weight, bias = soft_regression(features, targets, np.ones(4, np.float32), 1e6)
    guess = softmax(features @ weight + bias)
    assert np.allclose(guess[[0, 2]], [[0.8, 0.2], [0.2, 0.8]], atol=0.01)


def test_a_softmax_head_survives_its_tensors():
    head = SoftmaxHead(
        np.ones((2, 3), np.float32), np.zeros(3, np.float32), 1.5, np.ones(3, np.float32)
    )
    assert SoftmaxHead.from_tensors(head.tensors("x"), "x").temperature == 1.5
