"""``spark-submit … submit.py``: a folder or table of feedback, read on a cluster.

See ``docs/cluster.md`` for YARN, Kubernetes and standalone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from feedback_nlp.cluster.job import ClusterJob, run
from feedback_nlp.config import load_config
from feedback_nlp.errors import FeedbackError
from feedback_nlp.labels import Depth


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job. Exit 0: done; 2: it cannot be done as it was asked for."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    asked = _parser().parse_args(arguments)
    config = load_config(asked.config)
    job = ClusterJob(
        source=asked.source,
        target=asked.target,
        format=asked.format,
        text=asked.text,
        key=asked.key,
        files=asked.files,
        chunks=asked.chunks,
        prefix=asked.prefix,
        depth=asked.depth,
        models=asked.models,
        topics=asked.with_topics,
    )
    session = SparkSession.builder.appName("feedback-nlp").getOrCreate()
    try:
        report = run(session, job, config, progress=_tell)
    except FeedbackError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        session.stop()
    before = f"，其中 {report.done_before} 块上次已做完" if report.done_before else ""
    print(f"{report.rows:,} 行，{report.chunks} 块{before}，写到 {job.target}", file=sys.stderr)
    return 0


def _tell(done: int, of: int, rows: int) -> None:
    print(f"第 {done}/{of} 块，{rows:,} 行", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="submit.py", description="在 Spark 集群上分析反馈")
    add = parser.add_argument
    add("source", help="目录、文件，或 --format table 时的表名")
    add("target", help="写到哪个目录（HDFS、OSS、S3 或共享磁盘），Parquet")
    add("--format", default="parquet", choices=["parquet", "json", "csv", "table"])
    add("--text", help="文字列，默认按列名认")
    add("--key", help="把表分块用的键列")
    add("--files", type=int, default=16, help="输入是目录时，几个文件一块")
    add("--chunks", type=int, default=1, help="输入是表时，分几块")
    add("--prefix", default="", help="新列的列名前缀")
    add("--depth", type=Depth, default=Depth.FAST, choices=list(Depth), help="读的深浅")
    add("--models", help="自己的模型目录，会发给每台机器")
    add("--with-topics", metavar="URL", help="归到这个数据库现有的主题里")
    add("--config", type=Path, help="自己的 pipeline.toml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
