"""Benchmark of the topics: do they mean what people mean, and do they stay?

``python tests/benchmarks/topics.py [--only NAME …] [--umap-python PYTHON]`` writes
``docs/benchmarks/topics.json``; sections that were not run keep their last figures.
``FEEDBACK_BENCHMARK_DIR`` names the folder of labelled sets
(``app_units/app_units.jsonl.gz``, ``appstore_zh_smarthome/…``, ``tipdm_gov_messages/…``).

``--umap-python`` names an interpreter that has umap-learn and hdbscan: BERTopic's default
reduction and clustering then run on the same embeddings and rows. They are not installed here.

Measures: B-cubed F1 over labelled bug, feature and complaint units, each standing for
the found unit that overlaps it most, an unassigned one being a cluster of its own (Bagga &
Baldwin 1998); adjusted Rand index (ARI) between two runs, 未归类 as one cluster.
"""

from __future__ import annotations

import argparse
import copy
import csv
import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.clean import is_spam
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.pipeline import Engine
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicKind, TopicUnit
from feedback_nlp.topics.metric import metric_from_seeds
from feedback_nlp.topics.metric_artifact import load_metric
from feedback_nlp.topics.modeler import TopicModeler
from feedback_nlp.topics.scope import ISSUE_INTENTS, speaks_of_issue
from feedback_nlp.topics.seeds import read_seed_issues

OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "topics.json"
SEED = 20261121
FREQUENT_CODES = 10
PURE = 0.6
EDITS = 50
REPLAY_WEEKS = 120
HOT_ISSUES = ("丽发新城搅拌站噪音扬尘", "伊景园滨河苑捆绑车位")
UMAP_HDBSCAN = """
import json, sys, time
started = time.time()
import hdbscan, numpy as np, umap
imported = time.time() - started
rows = np.load(sys.argv[1])
started = time.time()
reduced = umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine",
                    random_state=int(sys.argv[3])).fit_transform(rows)
labels = hdbscan.HDBSCAN(min_cluster_size=10, prediction_data=True).fit(reduced).labels_
np.save(sys.argv[2], labels)
print(json.dumps({"import_seconds": round(imported, 1), "seconds": round(time.time() - started, 1)}))
"""


@dataclass(frozen=True)
class Corpus:
    """A corpus read by the engine: rows, units with their spans, embeddings."""

    rows: list[dict[str, str]]
    units: list[TopicUnit]
    spans: list[tuple[int, int, int]]
    embeddings: np.ndarray


class Bench:
    """Loads models and corpora once."""

    def __init__(self, directory: Path, umap_python: str | None) -> None:
        self.directory = directory
        self.umap_python = umap_python
        self.config: PipelineConfig = load_config()
        self.embedder = load_embedder(self.config.embed)
        self.metric = load_metric(self.embedder.name, self.embedder.embed)
        self._corpora: dict[str, Corpus] = {}

    def modeler(self, **changed: Any) -> TopicModeler:
        config = self.config.topics.model_copy(update=changed)
        return TopicModeler(config, default_tokenizer(), self.metric)

    def untrained(self) -> Bench:
        """Return the same bench with a metric of the seed issues alone."""
        other = copy.copy(self)
        other.metric = metric_from_seeds(
            read_seed_issues(),
            self.embedder.embed,
            embedder=self.embedder.name,
            idf=self.metric.idf,
        )
        return other

    def corpus(self, name: str) -> Corpus:
        if name not in self._corpora:
            rows = [row for row in read_csv(self.directory / name) if not is_spam(row["text"])]
            engine = Engine.load(self.config)
            units: list[TopicUnit] = []
            spans = []
            for index, understanding in enumerate(engine.understand([r["text"] for r in rows])):
                for unit in understanding.units:
                    moment = rows[index].get("time") or ""
                    units.append(
                        TopicUnit(
                            unit_id=len(units),
                            feedback_id=index,
                            text=unit.text,
                            intent=unit.intent,
                            sentiment_score=unit.sentiment_score,
                            product=rows[index].get("app", ""),
                            occurred_at=datetime.fromisoformat(moment) if moment else None,
                        )
                    )
                    spans.append((index, unit.start, unit.end))
            vectors = self.embedder.embed([unit.text for unit in units])
            self._corpora[name] = Corpus(rows, units, spans, vectors)
        return self._corpora[name]

    @property
    def apps(self) -> Corpus:
        return self.corpus("appstore_zh_smarthome/appstore_zh_smarthome.csv.gz")


def read_csv(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bcubed(labels: Sequence[str], clusters: Sequence[int]) -> dict[str, float]:
    """B-cubed precision, recall and F1; −1 is a cluster of its own each time."""
    named = [f"alone {i}" if c < 0 else str(c) for i, c in enumerate(clusters)]
    both = Counter(zip(named, labels, strict=True))
    by_cluster, by_label = Counter(named), Counter(labels)
    precision = np.mean([both[c, k] / by_cluster[c] for c, k in zip(named, labels, strict=True)])
    recall = np.mean([both[c, k] / by_label[k] for c, k in zip(named, labels, strict=True)])
    return {
        "precision": round(float(precision), 4),
        "recall": round(float(recall), 4),
        "f1": round(float(2 * precision * recall / (precision + recall)), 4),
    }


def gold_units(bench: Bench) -> list[tuple[str, str, int]]:
    """Return (split, code, row of the unit that overlaps most or −1) of each labelled unit."""
    corpus = bench.apps
    index = {row["id"]: number for number, row in enumerate(corpus.rows)}
    found: dict[int, list[tuple[int, int, int]]] = {}
    for row, (feedback, start, end) in enumerate(corpus.spans):
        found.setdefault(feedback, []).append((start, end, row))
    gold = []
    path = bench.directory / "app_units" / "app_units.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for review in map(json.loads, lines):
            for unit in review["units"]:
                if unit["intent"] not in ("bug", "feature", "complaint") or not unit["issue"]:
                    continue
                overlap, row = max(
                    (
                        (min(end, unit["end"]) - max(start, unit["start"]), row)
                        for start, end, row in found.get(index.get(review["id"], -1), [])
                    ),
                    default=(0, -1),
                )
                gold.append((review["split"], unit["issue"], row if overlap > 0 else -1))
    return gold


def score(gold: list[tuple[str, str, int]], assignment: np.ndarray, split: str) -> dict[str, float]:
    chosen = [
        (code, int(assignment[row]) if row >= 0 else -1) for s, code, row in gold if s == split
    ]
    return bcubed([code for code, _ in chosen], [cluster for _, cluster in chosen])


def own_topics(
    bench: Bench, gold: list[tuple[str, str, int]], assignment: np.ndarray
) -> dict[str, Any]:
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
    ours = {
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
        scope = np.flatnonzero([speaks_of_issue(unit) for unit in corpus.units])
        labels, timing = umap_hdbscan(bench, corpus.embeddings[scope], 42)
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


def umap_hdbscan(bench: Bench, rows: np.ndarray, seed: int) -> tuple[np.ndarray, dict[str, float]]:
    """Run BERTopic's default reduction and clustering in an interpreter that has them."""
    assert bench.umap_python is not None
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "rows.npy"), Path(folder, "labels.npy")
        np.save(source, rows)
        command = [bench.umap_python, "-W", "ignore", "-c", UMAP_HDBSCAN]
        printed = subprocess.run(
            [*command, str(source), str(target), str(seed)],
            check=True,
            capture_output=True,
            text=True,
        )
        return np.load(target), json.loads(printed.stdout.splitlines()[-1])


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
    asks = np.array([speaks_of_issue(unit) for unit in units])
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
        rows = everything[asks]
        vectors = bench.apps.embeddings[rows]
        first, _ = umap_hdbscan(bench, vectors, 42)
        second, _ = umap_hdbscan(bench, vectors, 43)
        figures["bertopic_default_another_seed"] = round(
            float(adjusted_rand_score(first, second)), 4
        )
    return figures


@dataclass
class Ledger:
    """Topics between refits, as the store keeps them."""

    born: int = 0
    known: tuple[KnownTopic, ...] = ()

    def refit(
        self, bench: Bench, units: Sequence[TopicUnit], embeddings: np.ndarray
    ) -> tuple[dict[int, str], Counter[str]]:
        """Refit and remember; return the topic of each unit, and the events."""
        grouping = bench.modeler().group(units, embeddings, known=self.known)
        before = {topic.topic_id: topic for topic in self.known}
        after, topic_of = [], {}
        for group in grouping.groups:
            topic_id = group.topic_id
            if topic_id is None:
                self.born += 1
                topic_id = f"t{self.born}"
            members = frozenset(units[row].unit_id for row in group.rows.tolist())
            topic_of.update(dict.fromkeys(members, topic_id))
            fresh = KnownTopic(topic_id, topic_id, group.kind, np.zeros(0, np.float32))
            after.append(replace(before.get(topic_id, fresh), members=members))
        self.known = tuple(after)
        return topic_of, Counter(event.kind.value for event in grouping.events)


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


def edits(bench: Bench) -> dict[str, Any]:
    """Simulate people's edits from the train codes: move strays, merge topics of one code.

    The shipped metric has learned these codes already, so this starts from a metric that
    knows the seed issues alone.
    """
    corpus, gold = bench.apps, gold_units(bench)
    bench = bench.untrained()
    ledger = Ledger()
    topic_of, _ = ledger.refit(bench, corpus.units, corpus.embeddings)
    before = ledger.known
    known = {topic.topic_id: topic for topic in before}
    codes: dict[str, Counter[str]] = {}
    for split, code, row in gold:
        if split == "train" and row in topic_of:
            codes.setdefault(topic_of[row], Counter())[code] += 1
    main = {topic: counts.most_common(1)[0] for topic, counts in codes.items()}
    home: dict[str, str] = {}
    for topic, (code, _) in sorted(main.items(), key=lambda item: -item[1][1]):
        home.setdefault(code, topic)
    made: list[tuple[frozenset[int], str]] = []
    for topic, (code, count) in sorted(main.items()):
        pure = count >= PURE * codes[topic].total() and count > 1
        if pure and home[code] != topic and len(made) < EDITS // 2:
            made.append((known[topic].members, home[code]))
    strays = [
        (frozenset({row}), home[code])
        for split, code, row in gold
        if split == "train" and row >= 0 and code in home and topic_of.get(row) != home[code]
    ]
    order = np.random.default_rng(SEED).permutation(len(strays))
    made += [strays[index] for index in order[: EDITS - len(made)]]
    for units, target in made:
        for topic_id, topic in known.items():
            known[topic_id] = replace(
                topic,
                members=topic.members - units,
                pinned_members=topic.pinned_members - units,
                banned_members=topic.banned_members | (units & topic.members)
                if topic_id != target
                else topic.banned_members - units,
            )
        held = known[target]
        known[target] = replace(
            held, members=held.members | units, pinned_members=held.pinned_members | units
        )
    placed = {unit: topic.topic_id for topic in known.values() for unit in topic.pinned_members}
    ledger.known = tuple(topic for topic in known.values() if topic.members)
    number = {topic: index for index, topic in enumerate(known)}

    def scored(of_unit: dict[int, str]) -> dict[str, float]:
        numbered = {t: number.setdefault(t, len(number)) for t in of_unit.values()}
        rows = [numbered.get(of_unit.get(unit.unit_id, ""), -1) for unit in corpus.units]
        return score(gold, np.array(rows), "test")

    untouched = Ledger(ledger.born, before)
    refitted, _ = untouched.refit(bench, corpus.units, corpus.embeddings)
    after, _ = ledger.refit(bench, corpus.units, corpus.embeddings)
    return {
        "edits": len(made),
        "merges": sum(len(units) > 1 for units, _ in made),
        "undone": sum(after.get(unit) != topic for unit, topic in placed.items()),
        "test_before": scored(topic_of),
        "test_refitted_without_edits": scored(refitted),
        "test_after": scored(after),
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


def scale(bench: Bench) -> dict[str, Any]:
    """Cluster ever more units from embeddings, each in a cold process of its own."""
    figures: dict[str, Any] = {}
    for count in (10_000, 30_000, 100_000, 300_000):
        printed = subprocess.run(
            [sys.executable, __file__, "--scale-of", str(count)],
            check=True,
            capture_output=True,
            text=True,
        )
        figures[f"{count}"] = json.loads(printed.stdout.splitlines()[-1])
    return figures


def scale_of(bench: Bench, count: int) -> dict[str, float]:
    """Blend pairs of units into ``count`` distinct ones, then cluster them."""
    corpus = bench.apps
    random = np.random.default_rng(SEED)
    asks = np.flatnonzero([unit.intent in ISSUE_INTENTS for unit in corpus.units])
    pairs = asks[random.integers(0, len(asks), (count, 2))]
    units = [
        replace(
            corpus.units[a],
            unit_id=number,
            feedback_id=number,
            text=f"{corpus.units[a].text}，{corpus.units[b].text}",
        )
        for number, (a, b) in enumerate(pairs.tolist())
    ]
    vectors = 0.8 * corpus.embeddings[pairs[:, 0]] + 0.2 * corpus.embeddings[pairs[:, 1]]
    before = peak_gib()
    wall, cpu = time.perf_counter(), time.process_time()
    grouping = bench.modeler().group(units, vectors.astype(np.float32))
    return {
        "seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_gib": round(peak_gib(), 2),
        "peak_gib_before": round(before, 2),
        "topics": len(grouping.groups),
    }


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


SECTIONS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "accuracy": accuracy,
    "long_feedback": long_feedback,
    "stability": stability,
    "edits": edits,
    "replay": replay,
    "scale": scale,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--umap-python", help="interpreter with umap-learn and hdbscan")
    parser.add_argument("--scale-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    directory = os.environ.get("FEEDBACK_BENCHMARK_DIR")
    if not directory:
        parser.error("FEEDBACK_BENCHMARK_DIR must name the folder of labelled sets")
    bench = Bench(Path(directory), options.umap_python)
    if options.scale_of:
        print(json.dumps(scale_of(bench, options.scale_of)))
        return
    report = json.loads(OUTPUT.read_text(encoding="utf-8")) if OUTPUT.is_file() else {}
    for name in options.only:
        report[name] = SECTIONS[name](bench)
        print(name, json.dumps(report[name], ensure_ascii=False), flush=True)
    report["about"] = {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "embedder": bench.embedder.name,
        "metric_is_shipped": (bench.metric.embedder == bench.embedder.name),
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
