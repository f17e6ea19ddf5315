"""Spark beside this machine's own processes: the same values, and how many rows a second.

``make bench-cluster`` (needs a JDK 17). Both read the same Parquet files and write Parquet, in
turns, so that whatever else the machine does hits both. Spark is timed warm: its session runs and
its executors have loaded the models. The time to get there is a figure of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.benchmarks.batch import measure, review

FILES = 8


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as held:
        figures = compare(Path(held), asked.rows, asked.turns)
    asked.output.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(figures, ensure_ascii=False, indent=1))


def compare(folder: Path, rows: int, turns: int) -> dict[str, Any]:
    """Read the same rows both ways, ``turns`` times each."""
    reviews = folder / "reviews"
    reviews.mkdir()
    for file in range(FILES):
        numbers = range(file * rows // FILES, (file + 1) * rows // FILES)
        pq.write_table(
            pa.Table.from_pylist([review(n) for n in numbers]), reviews / f"{file}.parquet"
        )
    started = time.monotonic()
    session = _session()
    _read_by_spark(session, reviews, folder / "warm")
    to_warm = time.monotonic() - started
    ours, sparks = [], []
    for turn in range(turns):
        started = time.monotonic()
        _read_by_spark(session, reviews, folder / f"spark-{turn}")
        sparks.append(rows / (time.monotonic() - started))
        ours.append(measure(reviews, folder / "ours.parquet", rows, 2)["rows_per_second"])
    session.stop()
    same = _same(folder / "ours.parquet", folder / "spark-0")
    return {
        "rows": rows,
        "values_identical": same,
        "spark_local_2_rows_per_second": [round(rate) for rate in sparks],
        "two_processes_rows_per_second": ours,
        "spark_to_ours": round(statistics.median(sparks) / statistics.median(ours), 3),
        "seconds_until_warm": round(to_warm, 1),
        "load_average_after": round(os.getloadavg()[0], 2),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": platform.processor() or platform.machine(),
            "python": platform.python_version(),
        },
    }


def _session() -> Any:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable  # else the first python3 on the path
    return (
        SparkSession.builder.master("local[2,4]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )


def _read_by_spark(session: Any, source: Path, target: Path) -> None:
    from feedback_nlp.cluster import classify

    frame = session.read.parquet(str(source))
    classify(frame, "text").write.mode("overwrite").parquet(str(target))


def _same(ours: Path, sparks: Path) -> bool:
    """Whether every value of every row is the same."""
    columns = ["id", "text", "sentiment", "sentiment_score", "intent", "units"]
    local = pq.read_table(ours, columns=columns)
    remote = pa.concat_tables(
        pq.read_table(path, columns=columns) for path in sorted(sparks.glob("*.parquet"))
    )
    ids = pc.cast(local["id"], remote["id"].type)  # files are read with ids as texts
    local = local.set_column(0, "id", ids).sort_by("id")
    remote = remote.sort_by("id")
    return all(local[name].to_pylist() == remote[name].to_pylist() for name in columns)


if __name__ == "__main__":
    main()
