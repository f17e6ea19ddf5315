"""The network learns, its gradients are right, and what it writes reads back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.features import NgramHasher, SoftmaxHead, UnitBatch, load_encoder
from feedback_nlp.intent import load_intent
from feedback_nlp.sentiment import load_sentiment
from feedback_nlp.training.dataset import HashedDataset, take
from feedback_nlp.training.examples import Example
from feedback_nlp.training.export import export
from feedback_nlp.training.fit import REVIEW_HEADS, UNIT_HEADS, FitOptions, Fitted, fit
from feedback_nlp.training.heads import (
    HeadOptions,
    LabelledFeatures,
    fit_head,
    fit_temperature,
)
from feedback_nlp.training.network import Network, Shape, Target

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
                        {"overall": label, "polarity": label // 2},
                        {"sentiment": (label, label), "intent": (2 + label, 2 + label)},
                    )
                )
    return examples


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(_examples(), OPTIONS)


def test_it_learns_what_it_is_shown(fitted: Fitted):
    encoded = fitted.encoder().encode(UnitBatch.alone([*BAD, *GOOD]))
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
        "polarity": Target(
            np.eye(2, dtype=np.float32)[data.review_labels["polarity"]],
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
            rows, targets, np.random.default_rng(0),
            row_rate=0.0, dense_rate=rate, dropout=0.0, ngram_dropout=0.0,
        )  # fmt: skip

    moved = network()
    start = {name: value.copy() for name, value in moved.dense.items()}
    step(moved, 1e-3)
    for name in ("W1", "b1", "Wz", "bz", "sentiment.weight", "polarity.weight"):
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


def test_a_head_and_its_temperature_are_calibrated():
    random = np.random.default_rng(1)
    features = random.standard_normal((600, 4)).astype(np.float32)
    truth = (features[:, 0] + random.standard_normal(600) > 0).astype(np.int64)
    rows = LabelledFeatures(features, truth, np.ones(600), np.arange(600), np.ones(600, dtype=bool))
    head = fit_head(rows, 3, HeadOptions(strength=1.0, balance=0.0))
    probabilities = head.probabilities(features)
    sure = probabilities.max(axis=1)
    assert abs(sure.mean() - (probabilities.argmax(axis=1) == truth).mean()) < 0.03
    assert probabilities[:, 2].max() < 1e-6  # nobody showed it that class


def test_temperature_softens_an_overconfident_head():
    labels = np.array([0, 1] * 50)
    logits = np.where(np.arange(100)[:, None] % 4 < 3, np.eye(2)[labels], 1 - np.eye(2)[labels])
    assert fit_temperature((logits * 50).astype(np.float32), labels) > 5


def test_a_softmax_head_survives_its_tensors():
    head = SoftmaxHead(
        np.ones((2, 3), np.float32), np.zeros(3, np.float32), 1.5, np.ones(3, np.float32)
    )
    assert SoftmaxHead.from_tensors(head.tensors("x"), "x").temperature == 1.5
