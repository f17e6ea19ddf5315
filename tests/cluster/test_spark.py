"""A standalone cluster on loopback reads what one machine reads, kills included.

``make test-spark``: needs a JDK 17 and the extra ``[spark]``.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feedback_nlp import Pipeline
from feedback_nlp.resources import models_dir
from tests.cluster import cluster as clusters
from tests.cluster.cluster import Cluster, kill, wait_for

pytestmark = pytest.mark.spark
SUBMIT = ["-m", "feedback_nlp.cluster.submit"]
FILES, ROWS = 6, 2_500
SAID = (
    "页面一直转圈，{}次都没打开",
    "第{}次来吃了，味道很好，服务也热情",
    "房间{}隔音太差，半夜吵醒",
    "希望能导出{}年的账单",
    "",
    "快递{}天才到，盒子压扁了，客服态度倒是不错",
    "老师讲得清楚，就是作业{}份太多",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("pyspark")
    if not clusters.java_is_there():
        pytest.fail("no Java: install a JDK 17, such as Debian's openjdk-17-jre-headless")
    with clusters.started(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviews")
    for file in range(FILES):
        numbers = range(file * ROWS, (file + 1) * ROWS)
        texts = [SAID[n % 7].format(n) if n % 50 else None for n in numbers]
        table = pa.table({"id": list(numbers), "text": texts, "shop": [n % 3 for n in numbers]})
        pq.write_table(table, folder / f"part-{file}.parquet")
    return folder


def rows_of(folder: Path) -> list[dict[str, Any]]:
    table = pa.concat_tables(
        pq.read_table(path, partitioning=None) for path in sorted(folder.glob("chunk=*/*.parquet"))
    )
    return sorted(table.to_pylist(), key=lambda row: row["id"])


def locally(folder: Path) -> list[dict[str, Any]]:
    table = pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet")))
    found = Pipeline.load().classify_frame(table, "text").to_pylist()
    return sorted(found, key=lambda row: row["id"])


def test_an_executor_is_killed_and_nothing_is_missing_or_doubled(cluster, reviews, tmp_path):
    out = tmp_path / "read"
    driver = cluster.start([*SUBMIT, str(reviews), str(out), "--files", "2"])
    wait_for(out / "_done" / "00000.json", driver)
    os.kill(cluster.executors()[0], signal.SIGKILL)
    said = driver.communicate(timeout=240)[1]
    assert driver.returncode == 0, said[-3_000:]
    assert rows_of(out) == locally(reviews)


def test_a_driver_is_killed_and_a_new_one_goes_on(cluster, reviews, tmp_path):
    out = tmp_path / "read"
    asked = [*SUBMIT, str(reviews), str(out), "--files", "2", "--text", "text"]
    driver = cluster.start(asked)
    wait_for(out / "_done" / "00000.json", driver)
    kill(driver)
    finished = len(list((out / "_done").glob("*.json")))
    assert finished < FILES // 2
    first = (out / "_done" / "00000.json").stat().st_mtime_ns
    code, _, said = cluster.run(asked)
    assert code == 0, said[-3_000:]
    assert f"其中 {finished} 块上次已做完" in said
    assert (out / "_done" / "00000.json").stat().st_mtime_ns == first
    assert rows_of(out) == locally(reviews)

    # The same folder for something else: refused, and what is there stays.
    code, _, said = cluster.run([*SUBMIT, str(reviews), str(out), "--files", "3"])
    assert code == 2
    assert "输入的文件变了" in said
    assert len(rows_of(out)) == FILES * ROWS


def test_mistakes_are_told_with_what_to_do(cluster, reviews, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "theirs.txt").write_text("不要动我")
    for arguments, told in (
        ([str(reviews), str(tmp_path / "out"), "--text", "评论"], "可用的列：id、text、shop"),
        ([str(reviews), str(tmp_path / "out"), "--text", "shop"], "应是文字"),
        ([str(reviews), str(tmp_path / "full")], "已经有别的文件"),
    ):
        code, _, said = cluster.run([*SUBMIT, *arguments], master="local[1]")
        assert code == 2, said[-3_000:]
        assert told in said
    assert (tmp_path / "full" / "theirs.txt").read_text() == "不要动我"


OWN_MODELS = """
import json, sys
from pyspark.sql import SparkSession
from feedback_nlp.cluster import classify
from feedback_nlp.cluster.executor import loaded
session = SparkSession.builder.getOrCreate()
frame = session.read.parquet(sys.argv[1]).limit(50)
task_versions = []
rows = classify(frame, "text", prefix="own_", models=sys.argv[2]).orderBy("id").collect()
print(json.dumps([[row.id, row.own_sentiment, row.own_sentiment_score] for row in rows]))
session.stop()
"""


def test_own_models_are_sent_to_the_executors(cluster, reviews, tmp_path):
    own = tmp_path / "models"
    (own / "sentiment").mkdir(parents=True)
    for path in (models_dir() / "sentiment").iterdir():
        (own / "sentiment" / path.name).write_bytes(path.read_bytes())
    code, out, said = cluster.run(["-c", OWN_MODELS, str(reviews), str(own)])
    assert code == 0, said[-3_000:]
    rows = json.loads(out)
    here = {row["id"]: row for row in locally(reviews)}
    assert len(rows) == 50
    assert all([here[i]["sentiment"], here[i]["sentiment_score"]] == [s, n] for i, s, n in rows)
    shipped = list(Path(cluster._folder).glob("worker-*/app-*/*/feedback-models-*/sentiment"))
    assert shipped, "no executor has unpacked the models"


DISCOVER = """
import json, sys
from pyspark.sql import SparkSession
from feedback_nlp.cluster import classify, discover
session = SparkSession.builder.getOrCreate()
frame = session.read.parquet(sys.argv[1])
found = discover(frame, "text", sample=1500)
again = discover(frame.repartition(5), "text", sample=1500)
counts = (
    classify(frame, "text", topics=found.plan).selectExpr("explode(units) AS unit")
    .groupBy("unit.topic").count().collect()
)
print(json.dumps({
    "topics": found.topics, "again": again.topics, "sampled": found.sampled,
    "counts": {row["topic"]: row["count"] for row in counts if row["topic"]},
}))
session.stop()
"""


def test_topics_of_a_sample_take_in_all_rows(cluster, reviews):
    code, out, said = cluster.run(["-c", DISCOVER, str(reviews)])
    assert code == 0, said[-3_000:]
    found = json.loads(out)
    assert found["sampled"] == 1_500
    assert found["topics"] == found["again"], "the same frame, cut otherwise"
    names = [name for name, _ in found["topics"]]
    assert len(names) >= 3
    assert set(found["counts"]) <= set(names)
    assert sum(found["counts"].values()) > FILES * ROWS / 2
