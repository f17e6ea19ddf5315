from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feedback_nlp.topics.metric import Evidence, TopicMetric, fit_metric
from feedback_nlp.topics.metric_artifact import load_metric, read_metric, save_metric

from .conftest import DIMENSIONS, embed


def best_code(metric: TopicMetric, text: str) -> str:
    return metric.codes[int(metric.scores([text], embed([text])).argmax())]


def test_recognises_issues_in_words_of_its_own(metric: TopicMetric) -> None:
    assert best_code(metric, "软件又闪退了") == "app.crash"
    assert best_code(metric, "验证码收不到") == "login.verify-code"
    assert best_code(metric, "满屏都是广告") == "ads.too-many"


def test_scores_nothing_high_for_what_it_does_not_know(metric: TopicMetric) -> None:
    known = metric.scores(["老是闪退"], embed(["老是闪退"])).max()
    unknown = metric.scores(["奶奶包粽子"], embed(["奶奶包粽子"])).max()
    assert unknown < 0.5 * known


def test_topic_vectors_have_unit_length(metric: TopicMetric) -> None:
    texts = ["闪退", "奶奶包粽子"]
    vectors = metric.project(texts, embed(texts)).vectors
    assert vectors.shape == (2, DIMENSIONS + len(metric.codes))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_learns_a_new_topic_from_people(metric: TopicMetric) -> None:
    texts = ["粽子馅太少", "粽子没有馅", "这粽子馅也太少了"]
    taught = metric.adapted(Evidence(texts, embed(texts), ["topic:9"] * 3))
    assert best_code(taught, "粽子馅好少") == "topic:9"
    assert best_code(taught, "软件又闪退了") == "app.crash"


def test_one_edit_does_not_outweigh_what_many_rows_say(metric: TopicMetric) -> None:
    text = "一打开软件就闪退"
    taught = metric.adapted(Evidence([text], embed([text]), ["shop.service"]))
    column = metric.codes.index("shop.service")
    before, after = (m.scores([text], embed([text]))[0, column] for m in (metric, taught))
    assert after > before + 0.1
    assert best_code(taught, "又闪退了，一打开就闪退") == "app.crash"


def test_survives_being_written_and_read(metric: TopicMetric, tmp_path: Path) -> None:
    save_metric(metric, tmp_path / "m", figures={}, trained_on=["seeds"], command="test")
    again = read_metric(tmp_path / "m")
    texts = ["老是闪退", "发货太慢"]
    assert again.codes == metric.codes
    before, after = (m.scores(texts, embed(texts)) for m in (metric, again))
    assert after.argmax(axis=1).tolist() == before.argmax(axis=1).tolist()
    assert np.abs(after - before).max() < 0.05  # steps, and no weights of a single one


def test_another_embedder_gets_a_metric_of_its_own(metric: TopicMetric, tmp_path: Path) -> None:
    save_metric(metric, tmp_path / "m", figures={}, trained_on=["seeds"], command="test")
    other = load_metric("other", lambda texts: embed(texts)[:, :32], tmp_path / "m")
    assert other.embedder == "other"
    assert other.dimensions == 32


def test_needs_labels(metric: TopicMetric) -> None:
    with pytest.raises(ValueError, match="at least one issue code"):
        fit_metric(Evidence(["好"], embed(["好"]), [""]), embedder="pairs")


def test_embeddings_of_another_width_are_refused(metric: TopicMetric) -> None:
    with pytest.raises(ValueError, match="expected"):
        metric.scores(["闪退"], np.zeros((1, 7), np.float32))
