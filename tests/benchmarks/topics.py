"""Benchmark of the topics: do they mean what people mean, and do they stay?

``python -m tests.benchmarks.topics [--only NAME …] [--umap-python PYTHON]`` writes
``docs/benchmarks/topics.json`` and ``topics_scale.svg``; sections that were not run keep
their last figures. Without ``--only`` all but ``million`` run (a quarter of an hour on two
cores; it takes 8 GiB and some minutes). ``FEEDBACK_BENCHMARK_DIR`` names the folder of
labelled sets (``app_units/app_units.jsonl.gz``, ``appstore_zh_smarthome/…``,
``tipdm_gov_messages/…``, in it or in its ``data/``).

``--umap-python`` names an interpreter that has umap-learn and hdbscan: BERTopic's default
reduction and clustering then run on the same embeddings and rows, which takes half an hour
more. They are not installed here: ``uv venv DIR && uv pip install --python DIR/bin/python
umap-learn hdbscan``.

Measures: B-cubed F1 (see ``topic_bench.py``); adjusted Rand index (ARI) between two runs,
未归类 as one cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics import UNASSIGNED
from feedback_nlp.topics.scope import ISSUE_INTENTS, speaks_of_issue
from tests.benchmarks.topic_bench import SEED, Bench, Gold, Ledger, gold_units, score, umap_hdbscan
from tests.benchmarks.topic_edits import edits
from tests.benchmarks.topic_scale import figure, million, scale

OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "topics.json"
FREQUENT_CODES = 10
PURE = 0.6
REPLAY_WEEKS = 120
HOT_ISSUES = ("丽发新城搅拌站噪音扬尘", "伊景园滨河苑捆绑车位")
UMAP_SEED = 42
PEER_KEYS = ("bertopic_default", "ratio")


def own_topics(bench: Bench, gold: Gold, assignment: np.ndarray) -> dict[str, Any]:
    """For each of the most frequent codes: the purest topic that is mostly this code."""
    path = bench.directory / "app_units" / "issues.tsv"
    codes = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    frequent = [c for c in codes if not c.startswith(("generic.", "company."))][:FREQUENT_CODES]
    inside: dict[int, Counter[str]] = {}
    for _, code, row in gold:
        if row >= 0 and assignment[row] >= 0:
            inside.setdefault(int(assignment[row]), Counter())[code] += 1
    best = {}
    for code in frequent:
        pure = [
            (counts[code], round(counts[code] / counts.total(), 2))
            for counts in inside.values()
            if counts[code] >= PURE * counts.total() and counts[code] > 1
        ]
        best[code] = max(pure, default=None)
    return {"with_a_topic_of_its_own": sum(v is not None for v in best.values()), "codes": best}


def accuracy(bench: Bench) -> dict[str, Any]:
    corpus, gold = bench.apps, gold_units(bench)
    started = time.perf_counter()
    result = bench.modeler().fit(corpus.units, corpus.embeddings)
    seconds = time.perf_counter() - started
    asks = np.array([unit.intent in ISSUE_INTENTS for unit in corpus.units])
    ours: dict[str, Any] = {
        "test": score(gold, result.assignment, "test"),
        "train": score(gold, result.assignment, "train"),
        "unassigned_share": round(float((result.assignment[asks] < 0).mean()), 4),
        "topics": sum(topic.kind is TopicKind.ISSUE for topic in result.topics),
        "fit_seconds": round(seconds, 1),
        "frequent_codes": own_topics(bench, gold, result.assignment),
        "top": [f"{t.name} ({t.member_count})" for t in result.topics[:20]],
    }
    figures: dict[str, Any] = {"ours": ours, "units": int(asks.sum())}
    if bench.umap_python:
        scope = np.flatnonzero(
            [speaks_of_issue(unit, bench.config.topics) for unit in corpus.units]
        )
        labels, timing = umap_hdbscan(bench.umap_python, corpus.embeddings[scope], UMAP_SEED)
        default = np.full(len(corpus.units), UNASSIGNED)
        default[scope] = labels
        test = score(gold, default, "test")
        figures["bertopic_default"] = {
            "test": test,
            "unassigned_share": round(float((labels < 0).mean()), 4),
            "topics": int(labels.max()) + 1,
            "frequent_codes": own_topics(bench, gold, default)["with_a_topic_of_its_own"],
            **timing,
        }
        figures["ratio"] = round(ours["test"]["f1"] / test["f1"], 2)
    return figures


def grouped(bench: Bench, rows: np.ndarray, **changed: Any) -> np.ndarray:
    """Cluster some units of the app reviews; return the cluster of every unit, −1 for none."""
    corpus = bench.apps
    units = [corpus.units[row] for row in rows]
    grouping = bench.modeler(**changed).group(units, corpus.embeddings[rows])
    assignment = np.full(len(corpus.units), UNASSIGNED)
    for index, group in enumerate(grouping.groups):
        assignment[rows[group.rows]] = index
    return assignment


def stability(bench: Bench) -> dict[str, Any]:
    units = bench.apps.units
    everything = np.arange(len(units))
    asks = np.array([speaks_of_issue(unit, bench.config.topics) for unit in units])
    random = np.random.default_rng(SEED)
    base = grouped(bench, everything)

    def against(other: np.ndarray, rows: np.ndarray) -> float:
        kept = rows[asks[rows]]
        return round(float(adjusted_rand_score(base[kept], other[kept])), 4)

    figures: dict[str, Any] = {
        "another_order": against(grouped(bench, random.permutation(everything)), everything),
        "another_seed": [
            against(grouped(bench, everything, seed=seed), everything) for seed in (101, 202, 303)
        ],
    }
    fewer = []
    for _ in range(3):
        kept = np.sort(random.permutation(len(units))[: int(0.9 * len(units))])
        fewer.append(against(grouped(bench, kept), kept))
    figures["without_a_tenth"] = fewer
    if bench.umap_python:
        figures["bertopic_default"] = default_stability(bench, bench.umap_python)
    return figures


def default_stability(bench: Bench, python: str) -> dict[str, Any]:
    """The same three questions of BERTopic's default, on the same embeddings and rows."""
    rows = bench.apps.embeddings[
        [speaks_of_issue(unit, bench.config.topics) for unit in bench.apps.units]
    ]
    random = np.random.default_rng(SEED)
    base, _ = umap_hdbscan(python, rows, UMAP_SEED)
    order = random.permutation(len(rows))
    shuffled, _ = umap_hdbscan(python, rows[order], UMAP_SEED)
    reseeded, _ = umap_hdbscan(python, rows, UMAP_SEED + 1)
    kept = np.sort(random.permutation(len(rows))[: int(0.9 * len(rows))])
    fewer, _ = umap_hdbscan(python, rows[kept], UMAP_SEED)

    def agreement(first: np.ndarray, second: np.ndarray) -> float:
        return round(float(adjusted_rand_score(first, second)), 4)

    return {
        "another_order": agreement(base[order], shuffled),
        "another_seed": [agreement(base, reseeded)],
        "without_a_tenth": [agreement(base[kept], fewer)],
    }


def replay(bench: Bench) -> dict[str, Any]:
    corpus, gold = bench.apps, gold_units(bench)
    weeks = np.array(
        [
            unit.occurred_at.isocalendar()[:2] if unit.occurred_at else (0, 0)
            for unit in corpus.units
        ]
    )
    stamp = weeks[:, 0] * 100 + weeks[:, 1]
    chosen = np.unique(stamp)[-(REPLAY_WEEKS + 1) :]
    ledger, events = Ledger(), Counter[str]()
    before: dict[int, str] = {}
    seen: list[int] = []
    changed, changed_or_placed = [], []
    for week in chosen.tolist():
        rows = np.flatnonzero(stamp <= week)
        units = [corpus.units[row] for row in rows]
        topic_of, happened = ledger.refit(bench, units, corpus.embeddings[rows])
        events += happened
        if before:
            moved = sum(topic_of.get(unit_id) != topic for unit_id, topic in before.items())
            changed.append(moved / len(before))
            other = sum(topic_of.get(unit_id) != before.get(unit_id) for unit_id in seen)
            changed_or_placed.append(other / len(seen))
        before, seen = topic_of, [unit.unit_id for unit in units]
    number = {topic: index for index, topic in enumerate(sorted(set(before.values())))}
    assignment = np.array([number.get(before.get(u.unit_id, ""), -1) for u in corpus.units])
    return {
        "refits": len(changed),
        "changed_share_mean": round(float(np.mean(changed)), 5),
        "changed_share_max": round(float(np.max(changed)), 5),
        "changed_or_newly_placed_share_max": round(float(np.max(changed_or_placed)), 5),
        "events": dict(sorted(events.items())),
        "topics": len(number),
        "test_after_replay": score(gold, assignment, "test"),
    }


def long_feedback(bench: Bench) -> dict[str, Any]:
    corpus = bench.corpus("tipdm_gov_messages/stream_hot_issues.csv.gz")
    result = bench.modeler().fit(corpus.units, corpus.embeddings)
    owners = np.array([unit.feedback_id for unit in corpus.units])
    figures: dict[str, Any] = {
        "messages": len(corpus.rows),
        "top": [topic.name for topic in result.topics[:10]],
    }
    for issue in HOT_ISSUES:
        gold = {i for i, row in enumerate(corpus.rows) if row["hot_issue_weak"] == issue}
        best: tuple[float, int] = (-1.0, -1)
        for index in range(len(result.topics)):
            shared = gold & set(owners[result.assignment == index].tolist())
            best = max(best, (len(shared) / len(gold), -index))
        index = -best[1]
        messages = set(owners[result.assignment == index].tolist())
        figures[issue] = {
            "name": result.topics[index].name,
            "rank_by_messages": index + 1,
            "recall": round(best[0], 3),
            "precision": round(len(gold & messages) / len(messages), 3),
            "messages_in_topic": len(messages),
        }
    return figures


SECTIONS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "accuracy": accuracy,
    "long_feedback": long_feedback,
    "stability": stability,
    "edits": edits,
    "replay": replay,
    "scale": scale,
    "million": million,
}
USUAL = [name for name in SECTIONS if name != "million"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=USUAL)
    parser.add_argument("--umap-python", help="interpreter with umap-learn and hdbscan")
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, help="JSON file to write or complete"
    )
    options = parser.parse_args()
    directory = os.environ.get("FEEDBACK_BENCHMARK_DIR")
    if not directory:
        parser.error("FEEDBACK_BENCHMARK_DIR must name the folder of labelled sets")
    bench = Bench(Path(directory), options.umap_python)
    output: Path = options.output
    report = json.loads(output.read_text(encoding="utf-8")) if output.is_file() else {}
    for name in options.only:
        before = report.get(name, {})
        report[name] = SECTIONS[name](bench)
        if not bench.umap_python:  # figures of a peer that was not run stand
            report[name] |= {key: before[key] for key in PEER_KEYS if key in before}
        report["about"] = {
            "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
            "hardware": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "embedder": bench.embedder.name,
            "metric_is_shipped": (bench.metric.embedder == bench.embedder.name),
        }
        output.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(name, json.dumps(report[name], ensure_ascii=False), flush=True)
    output.with_name("topics_scale.svg").write_text(figure(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
