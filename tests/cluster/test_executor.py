"""What an executor does, in this process: Spark is only who calls it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest

from feedback_nlp import Pipeline
from feedback_nlp.batch.plan import TopicPlan
from feedback_nlp.batch.topics import TopicFinder
from feedback_nlp.cluster import executor
from feedback_nlp.cluster.executor import Task, versions_of
from feedback_nlp.config import load_config
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.pipeline import TopicAssigner
from feedback_nlp.topics import KnownTopic, TopicUnit
from feedback_nlp.topics.scope import place
from feedback_nlp.understanding.engine import Engine

TEXTS = ("菜太咸了", None, "老师讲得很清楚，就是作业太多")


@pytest.fixture(autouse=True)
def _nothing_loaded() -> Iterator[None]:
    executor._LOADED.clear()
    yield
    executor._LOADED.clear()


@pytest.fixture
def task() -> Task:
    config = load_config()
    versions = versions_of(Engine.load(config), None)
    return Task(config=config.model_dump_json(), text="text", prefix="fb_", versions=versions)


def batches() -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict({"id": [1, 2], "text": list(TEXTS[:2])})
    yield pa.RecordBatch.from_pydict({"id": [3], "text": [TEXTS[2]]})


def test_batches_come_back_with_the_columns_of_the_library(task):
    rows = [row for batch in task(batches()) for row in batch.to_pylist()]
    expected = Pipeline.load().classify([text or "" for text in TEXTS])
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert [row["fb_sentiment"] for row in rows] == [one.sentiment.value for one in expected]
    assert [row["fb_sentiment_score"] for row in rows] == [o.sentiment_score for o in expected]
    assert [len(row["fb_units"]) for row in rows] == [len(one.units) for one in expected]


def test_models_are_loaded_once_a_process(task, monkeypatch):
    list(task(batches()))
    monkeypatch.setattr(Engine, "load", lambda *_a, **_k: pytest.fail("loaded again"))
    assert len(list(task(batches()))) == 2


def test_other_models_than_the_driver_s_are_refused_and_named(task):
    other = replace(task, versions={**task.versions, "sentiment": "0000"})
    with pytest.raises(ArtifactError, match=r"sentiment：这里 .*驱动端 0000") as raised:
        list(other(batches()))
    assert "archives" in raised.value.hint


def test_units_join_the_topics_that_travel_with_the_task(task):
    config = load_config()
    assigner = TopicAssigner.load(config)
    units = [TopicUnit(0, 0, "菜太咸了", Intent.COMPLAINT, -0.9)]
    embeddings = assigner._embedder.embed(["菜太咸了"])
    placed = place(units, embeddings, assigner._modeler._metric, config.topics)
    plan = TopicPlan((KnownTopic("7", "菜太咸", TopicKind.ISSUE, placed.vectors[0]),))
    probe = replace(task, topics=plan)
    with pytest.raises(ArtifactError, match="topics：这里"):  # the driver knew of none
        list(probe(batches()))

    versions = versions_of(Engine.load(config), TopicFinder(plan, config))
    agreed = replace(probe, versions=versions)
    rows = [row for batch in agreed(batches()) for row in batch.to_pylist()]
    assert [(unit["topic_id"], unit["topic"]) for unit in rows[0]["fb_units"]] == [(7, "菜太咸")]
    assert all(unit["topic"] is None for unit in rows[2]["fb_units"])
