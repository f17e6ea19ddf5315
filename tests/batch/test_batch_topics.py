"""Units join the living topics of a database, which stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as pq
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.errors import NotFound
from feedback_nlp.jobs.classify import classify_file
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.labels import Intent, TopicState
from feedback_nlp.store import Database, topic_writing
from feedback_nlp.store.tables import Topic
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.metric_artifact import load_metric
from feedback_nlp.topics.scope import place

ZONE = ZoneInfo("Asia/Shanghai")


def centroid_of(text: str) -> bytes:
    """Where a unit lies in topic space."""
    config = load_config()
    embedder = load_embedder(config.embed)
    embedding = embedder.embed([text])
    unit = TopicUnit(1, 1, text, Intent.BUG, -1.0)
    metric = load_metric(embedder.name, embedder.embed)
    placed = place([unit], embedding, metric, config.topics)
    return topic_writing.pack_centroid(np.asarray(placed.vectors[0]))


def classified(database: Database, source: Path, target: Path) -> None:
    url = database.url.render_as_string(hide_password=False)
    said = ClassifyOptions(zone=ZONE, topics_of=url)
    classify_file(source, target, load_config(), said)


def test_a_database_without_topics_says_so(database: Database, tmp_path: Path):
    (tmp_path / "in.txt").write_text("一直闪退\n")
    with pytest.raises(NotFound, match="还没有主题"):
        classified(database, tmp_path / "in.txt", tmp_path / "o.jsonl")


def test_units_are_put_into_living_topics_only(database: Database, tmp_path: Path):
    crash = centroid_of("上传照片就闪退")
    with database.write() as session:
        for name, state in (("上传照片闪退", "active"), ("旧的闪退", "merged")):
            session.add(
                Topic(name=name, kind="issue", state=TopicState(state).value, centroid=crash)
            )
    (tmp_path / "in.txt").write_text("上传照片就闪退\n停车场出口一直排队\n")
    classified(database, tmp_path / "in.txt", tmp_path / "o.jsonl")
    first, second = map(json.loads, (tmp_path / "o.jsonl").read_text().splitlines())
    assert {unit["topic"] for unit in first["units"]} == {"上传照片闪退"}
    assert {unit["topic_id"] for unit in second["units"]} == {None}
    classified(database, tmp_path / "in.txt", tmp_path / "o.parquet")
    units = pq.read_table(tmp_path / "o.parquet")["units"].to_pylist()
    assert units[0][0]["topic_id"] == first["units"][0]["topic_id"]
