"""What the parts of the topics benchmark share: corpora, labelled units, scores, a ledger.

Measures: B-cubed F1 over labelled bug, feature and complaint units, each standing for
the found unit that overlaps it most, an unassigned one being a cluster of its own (Bagga &
Baldwin 1998).
"""

from __future__ import annotations

import copy
import csv
import gzip
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.clean import is_spam
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.embed import load_embedder
from feedback_nlp.pipeline import matters
from feedback_nlp.topics import KnownTopic, TopicUnit
from feedback_nlp.topics.metric import metric_from_seeds
from feedback_nlp.topics.metric_artifact import load_metric
from feedback_nlp.topics.modeler import TopicModeler
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.understanding.engine import Engine

SEED = 20261121
Gold = list[tuple[str, str, int]]
"""Split, code, and row of the found unit (−1 for none) of each labelled unit."""
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
print(json.dumps({"import_seconds": round(imported, 1), "seconds": round(time.time() - started, 1),
                  "cpu_seconds": round(time.process_time(), 1)}))
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
        nested = directory / "data"
        self.directory = nested if nested.is_dir() else directory
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
            units = matters(units)  # as an analysis reads them
            vectors = self.embedder.embed([unit.text for unit in units])
            self._corpora[name] = Corpus(rows, units, spans, vectors)
        return self._corpora[name]

    @property
    def apps(self) -> Corpus:
        return self.corpus("appstore_zh_smarthome/appstore_zh_smarthome.csv.gz")


def blended(embeddings: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Blend pairs of rows, four parts to one, block by block: (n, d) float32."""
    rows = np.empty((len(pairs), embeddings.shape[1]), np.float32)
    for start in range(0, len(pairs), 50_000):
        first, second = pairs[start : start + 50_000].T
        rows[start : start + 50_000] = 0.8 * embeddings[first] + 0.2 * embeddings[second]
    return rows


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


def gold_units(bench: Bench) -> Gold:
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


def score(gold: Gold, assignment: np.ndarray, split: str) -> dict[str, float]:
    chosen = [
        (code, int(assignment[row]) if row >= 0 else -1) for s, code, row in gold if s == split
    ]
    return bcubed([code for code, _ in chosen], [cluster for _, cluster in chosen])


def umap_hdbscan(
    python: str, rows: np.ndarray, seed: int, *, timeout_seconds: float | None = None
) -> tuple[np.ndarray, dict[str, float]]:
    """Run BERTopic's default reduction and clustering in an interpreter that has them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "rows.npy"), Path(folder, "labels.npy")
        np.save(source, rows)
        command = [python, "-W", "ignore", "-c", UMAP_HDBSCAN]
        printed = subprocess.run(
            [*command, str(source), str(target), str(seed)],
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )
        return np.load(target), json.loads(printed.stdout.splitlines()[-1])


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
