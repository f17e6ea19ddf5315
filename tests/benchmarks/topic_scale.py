"""Cost of clustering from embeddings, 10,000 to 1,000,000 units, each in a cold process.

Units are blends of two app reviews' units: texts and vectors that no other unit has. The
process starts, reads the vectors, clusters and ends; its seconds are counted from outside.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import vl_convert

from feedback_nlp.topics.scope import ISSUE_INTENTS
from tests.benchmarks.topic_bench import SEED, Bench, blended, umap_hdbscan

COUNTS = (10_000, 30_000, 100_000, 300_000)
MANY = 1_000_000
COMPARED = 100_000
PATIENCE_SECONDS = 1_800.0
_PROCESS = "from tests.benchmarks.topic_scale import cluster_cold; cluster_cold()"


def scale(bench: Bench) -> dict[str, Any]:
    """Cluster ever more units; compare with BERTopic's default at 100,000."""
    figures: dict[str, Any] = {str(count): in_a_cold_process(bench, count) for count in COUNTS}
    if bench.umap_python:
        figures["bertopic_default"] = peer(bench, figures[str(COMPARED)])
    return figures


def million(bench: Bench) -> dict[str, Any]:
    """Cluster a million units."""
    return in_a_cold_process(bench, MANY)


def sources(bench: Bench) -> np.ndarray:
    """Return the rows of the app units that blends are made of."""
    return np.flatnonzero([unit.intent in ISSUE_INTENTS for unit in bench.apps.units])


def in_a_cold_process(bench: Bench, count: int) -> dict[str, float]:
    """Write what the process needs, start it, and count its seconds."""
    pairs = sources(bench)[np.random.default_rng(SEED).integers(0, len(sources(bench)), (count, 2))]
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "vectors.npy"), blended(bench.apps.embeddings, pairs))
        np.save(Path(folder, "pairs.npy"), pairs)
        Path(folder, "units.pickle").write_bytes(pickle.dumps(bench.apps.units))
        started = time.perf_counter()
        printed = subprocess.run(
            [sys.executable, "-c", _PROCESS, folder], check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - started
    return {"process_seconds": round(seconds, 1), **json.loads(printed.stdout.splitlines()[-1])}


def cluster_cold() -> None:
    """Be the cold process: cluster what the folder named by the last argument holds."""
    folder = Path(sys.argv[-1])
    bench = Bench(folder, None)
    units = pickle.loads(Path(folder, "units.pickle").read_bytes())
    made = [
        replace(units[a], unit_id=n, feedback_id=n, text=f"{units[a].text}，{units[b].text}")
        for n, (a, b) in enumerate(np.load(Path(folder, "pairs.npy")))
    ]
    vectors = np.load(Path(folder, "vectors.npy"))
    before = peak_gib()
    wall, cpu = time.perf_counter(), time.process_time()
    grouping = bench.modeler().group(made, vectors)
    printed = {
        "seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "process_cpu_seconds": round(time.process_time(), 1),
        "peak_gib": round(peak_gib(), 2),
        "peak_gib_before": round(before, 2),
        "topic_vectors_gib": round(grouping.placed.vectors.nbytes / 2**30, 2),
        "topics": len(grouping.groups),
    }
    print(json.dumps(printed))


def peer(bench: Bench, ours: Mapping[str, float]) -> dict[str, Any]:
    """Run UMAP + HDBSCAN on the same vectors, as long as our patience lasts."""
    assert bench.umap_python is not None
    pairs = sources(bench)[
        np.random.default_rng(SEED).integers(0, len(sources(bench)), (COMPARED, 2))
    ]
    started = time.perf_counter()
    try:
        _, timing = umap_hdbscan(
            bench.umap_python,
            blended(bench.apps.embeddings, pairs),
            42,
            timeout_seconds=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return {
            "units": COMPARED,
            "gave_up_after_seconds": PATIENCE_SECONDS,
            "times_ours_at_least": round(PATIENCE_SECONDS / ours["process_seconds"], 1),
        }
    seconds = time.perf_counter() - started
    return {
        "units": COMPARED,
        "process_seconds": round(seconds, 1),
        **timing,
        "times_ours": round(seconds / ours["process_seconds"], 1),
        "times_our_cpu": round(timing["cpu_seconds"] / ours["process_cpu_seconds"], 1),
    }


def peak_gib() -> float:
    """Return the most memory this process ever held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def figure(report: Mapping[str, Any]) -> str:
    """Draw seconds and memory over units as SVG, both axes logarithmic."""
    measured = {**report.get("scale", {}), str(MANY): report.get("million")}
    rows = [
        {"units": int(count), "measure": measure, "value": run[key]}
        for count, run in measured.items()
        if count.isdigit() and run and "cpu_seconds" in run
        for measure, key in (
            ("CPU seconds", "cpu_seconds"),
            ("peak GiB", "peak_gib"),
        )
    ]
    logarithmic = {"type": "log", "nice": False}
    spec = {
        "data": {"values": rows},
        "width": 420,
        "height": 260,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "units",
                "type": "quantitative",
                "scale": logarithmic,
                "axis": {"format": "~s", "values": [int(c) for c in measured if c.isdigit()]},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "scale": {"type": "log"},
                "title": None,
            },
            "color": {
                "field": "measure",
                "type": "nominal",
                "legend": {"orient": "top"},
                "title": None,
            },
        },
    }
    return str(vl_convert.vegalite_to_svg(spec, vl_version="6.1"))
