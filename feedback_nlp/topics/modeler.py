"""Units and embeddings in, named topics out. Pure: no store, no clock, no network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from feedback_nlp.chinese import Tokenizer, default_tokenizer, fold
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent
from feedback_nlp.topics.anchors import anchor_labels
from feedback_nlp.topics.bertopic_model import fit_bertopic
from feedback_nlp.topics.clustering import GraphClustering, centroids_of
from feedback_nlp.topics.graph import nearest_centroids
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.metric_artifact import load_metric
from feedback_nlp.topics.naming import NamedUnit, Namer, unique_name
from feedback_nlp.topics.praise import praised_aspect
from feedback_nlp.topics.quotes import choose_quotes
from feedback_nlp.topics.records import (
    UNASSIGNED,
    KnownTopic,
    Topic,
    TopicKind,
    TopicResult,
    TopicUnit,
    check_rows,
)
from feedback_nlp.topics.scope import ISSUE_INTENTS, DistinctTexts, distinct_texts
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.themes import group_themes
from feedback_nlp.topics.vent import is_vent
from feedback_nlp.topics.words import TopicWords, read_topic_words

_NAMING_SAMPLE = 20_000
_NAMING_UNITS = 300
_KEYWORDS = 6


class NamedEmbedder(Protocol):
    """What the topic stage needs to know of an embedder."""

    @property
    def name(self) -> str:
        """Backend and model; vectors compare only within one name."""
        ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed n texts: (n, d) float32."""
        ...


@dataclass
class _Group:
    """A topic in the making: rows of the call that belong to it."""

    rows: np.ndarray
    kind: TopicKind
    seed_code: str = ""
    name: str = ""
    terms: tuple[str, ...] = ()


class TopicModeler:
    """Finds topics among units.

    Args:
        config: Thresholds and seeds.
        tokenizer: Cuts and tags Chinese.
        metric: Learned likeness of issues; reads the embeddings that come with the units.
    """

    def __init__(self, config: TopicsConfig, tokenizer: Tokenizer, metric: TopicMetric) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._metric = metric
        self._words: TopicWords = read_topic_words()

    @classmethod
    def load(cls, config: TopicsConfig, embedder: NamedEmbedder) -> Self:
        """Build a modeler for an embedder, with the shipped metric if it fits it.

        Raises:
            ArtifactError: If the shipped metric or a word list is missing or damaged.
        """
        metric = load_metric(embedder.name, embedder.embed)
        return cls(config, default_tokenizer(), metric)

    def fit(
        self,
        units: Sequence[TopicUnit],
        embeddings: np.ndarray,
        *,
        known: Sequence[KnownTopic] = (),
    ) -> TopicResult:
        """Find the topics of ``units``.

        Args:
            units: In any order; the order does not change the result.
            embeddings: (n, d) float32, one row a unit.
            known: Living topics to carry on.

        Raises:
            ValueError: If the embeddings do not belong to the units or the metric.
        """
        check_rows(units, embeddings)
        del known
        groups = self._issue_groups(units, embeddings) + self._praise_groups(units)
        return self._describe(units, embeddings, groups)

    def _issue_groups(self, units: Sequence[TopicUnit], embeddings: np.ndarray) -> list[_Group]:
        rows = np.array([i for i, unit in enumerate(units) if unit.intent in ISSUE_INTENTS], int)
        if not len(rows):
            return []
        distinct = distinct_texts([units[row] for row in rows])
        labels, seed_of, terms = self._cluster(distinct, embeddings[rows[distinct.first]])
        vents = {seed.code for seed in read_seed_issues() if seed.kind is TopicKind.VENT}
        names = {seed.code: seed.name for seed in read_seed_issues()}
        of_row = labels[distinct.of_row]
        groups = []
        for label in np.unique(of_row[of_row >= 0]).tolist():
            code = seed_of.get(label, "")
            kind = TopicKind.VENT if code in vents else TopicKind.ISSUE
            groups.append(
                _Group(rows[of_row == label], kind, code, names.get(code, ""), terms.get(label, ()))
            )
        return groups

    def _cluster(
        self, distinct: DistinctTexts, embeddings: np.ndarray
    ) -> tuple[np.ndarray, dict[int, str], dict[int, tuple[str, ...]]]:
        """Label distinct texts: labels (m,), the seed code and the terms of each label."""
        config = self._config
        projection = self._metric.project(distinct.texts, embeddings)
        anchors = anchor_labels(
            projection.scores,
            distinct.counts,
            min_score=config.anchor_min_score,
            min_size=config.min_topic_size,
        )
        codes = self._metric.codes
        vent = codes.index("generic.bad") if "generic.bad" in codes else UNASSIGNED
        for row, text in enumerate(distinct.texts):
            if anchors[row] < 0 and is_vent(self._tokenizer.cut(text), self._words):
                anchors[row] = vent
        clustering = GraphClustering(
            neighbours=config.neighbours,
            resolution=config.resolution,
            sample_size=config.sample_size,
            runs=config.consensus_runs,
            seed=config.seed,
        )
        clusters = fit_bertopic(
            distinct.texts, projection.vectors, anchors, clustering, self._terms
        )
        labels = self._settle(clusters.labels, projection.vectors, distinct.counts)
        seed_of = {label: codes[label] for label in np.unique(anchors[anchors >= 0]).tolist()}
        return labels, seed_of, clusters.keywords

    def _settle(self, labels: np.ndarray, vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Dissolve clusters that are too small, and let go of members that are too far off."""
        config = self._config
        sizes = np.bincount(labels, weights=counts)
        large = sizes >= config.min_topic_size
        centroids = centroids_of(vectors, np.where(large[labels], labels, -1))
        if not len(centroids):
            return np.full(len(labels), UNASSIGNED, np.int32)
        nearest, cosine = nearest_centroids(vectors, centroids)
        own = np.einsum("ij,ij->i", vectors, centroids[np.minimum(labels, len(centroids) - 1)])
        stays = large[labels] & (own >= config.assign_min_similarity)
        settled = np.where(stays, labels, nearest).astype(np.int32)
        settled[~stays & (cosine < config.assign_min_similarity)] = UNASSIGNED
        return settled

    def _terms(self, text: str) -> list[str]:
        content = [word for word in self._tokenizer.cut(text) if self._words.is_content(word)]
        return content + ["".join(pair) for pair in itertools.pairwise(content)]

    def _praise_groups(self, units: Sequence[TopicUnit]) -> list[_Group]:
        aspects: dict[str, list[int]] = {}
        for row, unit in enumerate(units):
            if unit.intent is Intent.PRAISE:
                aspects.setdefault(praised_aspect(fold(unit.text)), []).append(row)
        return [
            _Group(np.array(rows), TopicKind.PRAISE, name=name)
            for name, rows in aspects.items()
            if len(rows) >= self._config.min_topic_size
        ]

    def _describe(
        self, units: Sequence[TopicUnit], embeddings: np.ndarray, groups: list[_Group]
    ) -> TopicResult:
        """Name, quote and order the groups."""
        rank = {TopicKind.ISSUE: 0, TopicKind.VENT: 1, TopicKind.PRAISE: 2}
        groups = sorted(
            groups, key=lambda g: (rank[g.kind], -len(g.rows), min(units[i].text for i in g.rows))
        )
        assignment = np.full(len(units), UNASSIGNED, np.int32)
        for index, group in enumerate(groups):
            assignment[group.rows] = index
        members = np.flatnonzero(assignment >= 0)
        vectors = self._metric.project(
            [fold(units[row].text.strip()) for row in members.tolist()], embeddings[members]
        ).vectors
        centroids = centroids_of(vectors, assignment[members])
        similarity = np.zeros(len(units), np.float32)
        if len(members):
            similarity[members] = np.einsum("ij,ij->i", vectors, centroids[assignment[members]])
        place = np.full(len(units), -1, np.int64)
        place[members] = np.arange(len(members))
        names, keywords = self._name(units, groups, similarity)
        themes, theme_of = group_themes(
            [name for name, g in zip(names, groups, strict=True) if g.kind is TopicKind.ISSUE],
            [group.seed_code for group in groups if group.kind is TopicKind.ISSUE],
            centroids,
        )
        topics = []
        for index, group in enumerate(groups):
            chosen = choose_quotes(
                [units[row].text for row in group.rows],
                [units[row].feedback_id for row in group.rows],
                vectors[place[group.rows]],
                centroids[index],
            )
            topics.append(
                Topic(
                    topic_id=None,
                    name=names[index],
                    keywords=keywords[index],
                    kind=group.kind,
                    theme=theme_of[index] if group.kind is TopicKind.ISSUE else -1,
                    centroid=centroids[index],
                    quotes=tuple(units[group.rows[row]].unit_id for row in chosen),
                    member_count=len(group.rows),
                    cohesion=float(similarity[group.rows].mean()),
                    seed_code=group.seed_code,
                )
            )
        return TopicResult(tuple(topics), themes, assignment, similarity, centroids)

    def _name(
        self, units: Sequence[TopicUnit], groups: list[_Group], similarity: np.ndarray
    ) -> tuple[list[str], list[tuple[str, ...]]]:
        issue_rows = [row for row, unit in enumerate(units) if unit.intent in ISSUE_INTENTS]
        step = max(1, len(issue_rows) // _NAMING_SAMPLE)
        namer = Namer(
            [self._named(units[row]) for row in issue_rows[::step]],
            self._words,
            {unit.product for unit in units},
        )
        taken: set[str] = set()
        names, keywords = [], []
        for group in groups:
            central = group.rows[np.argsort(-similarity[group.rows], kind="stable")]
            named = [self._named(units[row]) for row in central[:_NAMING_UNITS]]
            keywords.append(tuple(namer.keywords(named, group.terms, _KEYWORDS)))
            candidates = [group.name] if group.name else namer.candidates(named)
            names.append(unique_name(candidates, taken))
        return names, keywords

    def _named(self, unit: TopicUnit) -> NamedUnit:
        text = fold(unit.text)
        return NamedUnit(text, self._tokenizer.tag(text), unit.intent)
