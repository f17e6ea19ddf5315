"""What every sentiment scorer and intent classifier must do, on the shipped models."""

from collections.abc import Callable

import numpy as np
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.errors import ArtifactError
from feedback_nlp.understanding.engine import Engine
from feedback_nlp.understanding.features import Encoded, NgramEncoder, load_encoder
from feedback_nlp.understanding.intent import load_intent
from feedback_nlp.understanding.sentiment import load_sentiment
from tests.unit_batches import each_alone

Score = Callable[[Encoded], np.ndarray]
TEXTS = ["太好用了，非常喜欢", "垃圾软件，一直闪退", "", "😡", "\ud800", "a" * 3000, "希望支持平板"]


@pytest.fixture(scope="module")
def encoder() -> NgramEncoder:
    return load_encoder()


@pytest.fixture(scope="module", params=["linear", "snownlp", "intent"])
def score(request: pytest.FixtureRequest) -> Score:
    if request.param == "intent":
        return load_intent().score
    return load_sentiment(request.param).score


def test_each_text_gets_a_distribution(score: Score, encoder: NgramEncoder):
    probabilities = score(encoder.encode(each_alone(TEXTS)))
    assert probabilities.shape[0] == len(TEXTS)
    assert np.all(probabilities >= 0)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_text_scores_the_same_alone_and_among_others(score: Score, encoder: NgramEncoder):
    together = score(encoder.encode(each_alone(TEXTS)))
    alone = np.vstack([score(encoder.encode(each_alone([text]))) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


def test_no_texts_are_legal(score: Score, encoder: NgramEncoder):
    assert len(score(encoder.encode(each_alone([])))) == 0


@pytest.mark.parametrize("scorer", ["linear", "snownlp"])
def test_praise_scores_above_blame(scorer: str, encoder: NgramEncoder):
    praise, blame = load_sentiment(scorer).score(encoder.encode(each_alone(TEXTS[:2])))
    assert praise[2] - praise[0] > blame[2] - blame[0]


def test_an_unknown_scorer_is_refused():
    with pytest.raises(ArtifactError, match="linear 或 snownlp"):
        load_sentiment("oracle")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(load_config())


def test_the_engine_reads_any_string_and_keeps_the_order(engine: Engine):
    texts = ["", " \n", "闪退", "\ud800闪退", "很好。" * 400, "\x00\x02", "希望增加夜间模式"]
    together = engine.understand(texts)
    assert together == [engine.understand([text])[0] for text in texts]
    for text, understood in zip(texts, together, strict=True):
        for unit in understood.units:
            assert text[unit.start : unit.end] == unit.text
            assert -1 <= unit.sentiment_score <= 1
            assert 0 <= unit.confidence <= 1
            assert 0 <= unit.sentiment_confidence <= 1
    assert together[0].units == ()


def test_the_engine_is_deterministic(engine: Engine):
    texts = ["五星好评，就是打不开", "客服态度很好，但是发货太慢了"] * 50
    assert engine.understand(texts) == engine.understand(texts)


def test_ratings_must_match_the_texts(engine: Engine):
    with pytest.raises(ValueError, match="got 1 ratings, expected 2"):
        engine.understand(["好", "差"], [5.0])


def test_the_engine_names_what_it_used(engine: Engine):
    assert set(engine.versions) >= {"encoder", "sentiment", "intent"}
    assert all(engine.versions.values())
