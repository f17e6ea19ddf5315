"""Units and embeddings in, named topics out. Pure: no store, no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from feedback_nlp.chinese import DictionaryWord, Tokenizer, tokenizer_with
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.alike import Alike, TopicBody, find_alike
from feedback_nlp.topics.assigning import nearest_topics
from feedback_nlp.topics.clauses import bad_words, small_words
from feedback_nlp.topics.describe import Describer
from feedback_nlp.topics.documents import Documents, gather_documents, rows_of
from feedback_nlp.topics.fresh import Cluster, FreshClustering
from feedback_nlp.topics.groups import Group
from feedback_nlp.topics.ledger import carry_over
from feedback_nlp.topics.matching import Fresh
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.metric_artifact import load_metric
from feedback_nlp.topics.records import (
    KnownTopic,
    LedgerEvent,
    TopicResult,
    TopicUnit,
    check_rows,
)
from feedback_nlp.topics.scope import Placed, place
from feedback_nlp.topics.teaching import seen_anew, taught_metric
from feedback_nlp.topics.trades import LEADING_TRADES, spoken_trades, variety_of
from feedback_nlp.topics.words import read_topic_words

_ANCHORING_TRADES = 0.1
# So many units about one trade make topics of the usual size.
_UNITS_OF_A_TRADE = 250
_SMALLEST_TOPIC = 4


class NamedEmbedder(Protocol):
    """What the topic stage needs to know of an embedder."""

    @property
    def name(self) -> str:
        """Backend and model; vectors compare only within one name."""
        ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed n texts: (n, d) float32."""
        ...


@dataclass(frozen=True)
class Grouping:
    """Groups of units that have no names yet.

    Attributes:
        groups: The topics in the making.
        placed: The units in scope.
        documents: What of them was clustered.
        events: What a refit did to the known topics.
    """

    groups: list[Group]
    placed: Placed
    documents: Documents
    events: tuple[LedgerEvent, ...]


class TopicModeler:
    """Finds topics among units.

    Args:
        config: Thresholds and seeds.
        tokenizer: Cuts and tags Chinese.
        metric: Learned likeness of issues; reads the embeddings that come with the units.
        stop_words: Words that never make a name, besides the shipped ones.
    """

    def __init__(
        self,
        config: TopicsConfig,
        tokenizer: Tokenizer,
        metric: TopicMetric,
        stop_words: Iterable[str] = (),
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        self._metric = metric
        self._words = read_topic_words().with_stops(stop_words)

    @classmethod
    def load(
        cls,
        config: TopicsConfig,
        embedder: NamedEmbedder,
        *,
        extra_words: tuple[DictionaryWord, ...] = (),
        stop_words: Iterable[str] = (),
    ) -> Self:
        """Build a modeler for an embedder, with the shipped metric if it fits it.

        Args:
            config: Thresholds and seeds.
            embedder: Makes the embeddings that come with the units.
            extra_words: Words to keep whole, besides the dictionary's.
            stop_words: Words that never make a name, besides the shipped ones.

        Raises:
            ArtifactError: If the shipped metric or a word list is missing or damaged.
        """
        metric = load_metric(embedder.name, embedder.embed)
        return cls(config, tokenizer_with(extra_words), metric, stop_words)

    @property
    def version(self) -> str:
        """Content version of the metric: it decides which issues units are taken for."""
        return self._metric.version or f"{len(self._metric.codes)} seed issues"

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
            known: Living topics to carry on, with the units that were in them.

        Raises:
            ValueError: If the embeddings do not belong to the units or the metric.
        """
        grouping = self.group(units, embeddings, known=known)
        describer = Describer(
            units,
            grouping.placed,
            grouping.documents,
            self._tokenizer,
            self._words,
            self._config,
            self._metric.codes,
        )
        result = describer.describe(grouping.groups)
        alike = self._alike(units, grouping.placed, result)
        return replace(result, events=grouping.events, alike=alike)

    def _alike(
        self, units: Sequence[TopicUnit], placed: Placed, result: TopicResult
    ) -> tuple[Alike, ...]:
        """Return which issues are likely one matter, by their index among the topics."""
        issues = [
            index for index, topic in enumerate(result.topics) if topic.kind is TopicKind.ISSUE
        ]
        topic_of = result.assignment[placed.rows]
        bodies = []
        for index in issues:
            inside = topic_of == index
            people = (units[row].author_key or str(row) for row in placed.rows[inside].tolist())
            named = self._named(result.topics[index].name)
            bodies.append(TopicBody(placed.text_of[inside], frozenset(people), named))

        def words_of(text: int) -> frozenset[str]:
            return self._words.content(self._tokenizer.cut(placed.texts[text]))

        found = find_alike(
            bodies,
            placed.vectors,
            placed.scores,
            self._metric.codes,
            words_of,
            min_score=self._config.alike_min_score,
            known_min_score=self._config.anchor_min_score,
        )
        return tuple(
            replace(pair, first=issues[pair.first], second=issues[pair.second]) for pair in found
        )

    def _named(self, name: str) -> frozenset[str]:
        """Return the things that a name speaks of; what is wrong with them, and acts, aside."""
        return frozenset(
            word
            for word in self._tokenizer.cut(name.lower())
            if len(word) > 1
            and self._words.is_content(word)
            and word not in bad_words()
            and word not in small_words("own_acts")
        )

    def assign(
        self, units: Sequence[TopicUnit], embeddings: np.ndarray, known: Sequence[KnownTopic]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Put new units into living topics between refits; the topics stay as they are.

        Args:
            units: New units.
            embeddings: (n, d) float32, one row a unit.
            known: Living topics. One whose centroid is of another model is passed over.

        Returns:
            (n,) int32 index into ``known``, −1 where no centroid is near enough; and the
            (n,) float32 cosine, 0 where unassigned.

        Raises:
            ValueError: If the embeddings do not belong to the units or the metric.
        """
        check_rows(units, embeddings)
        placed = place(units, embeddings, self._metric, self._config)
        return nearest_topics(
            units, placed, known, min_similarity=self._config.assign_min_similarity
        )

    def group(
        self,
        units: Sequence[TopicUnit],
        embeddings: np.ndarray,
        *,
        known: Sequence[KnownTopic] = (),
    ) -> Grouping:
        """Do what :meth:`fit` does before anything is named: for replays and measurements.

        Raises:
            ValueError: If the embeddings do not belong to the units or the metric.
        """
        check_rows(units, embeddings)
        kept = frozenset[int]().union(*(topic.pinned_members for topic in known))
        spoken = spoken_trades(units)
        trades = spoken.leading(_ANCHORING_TRADES)
        variety = variety_of(spoken.leading(LEADING_TRADES))
        placed = place(units, embeddings, self._metric, self._config, trades=trades, kept=kept)
        taught = taught_metric(self._metric, units, embeddings, placed, known)
        scores, vectors = placed.scores, placed.vectors
        if taught is not self._metric:
            scores, vectors = taught.project(placed.texts, embeddings, _first_rows(placed))
        documents = gather_documents(units, placed, scores)
        config = sized(self._config, int(placed.is_issue.sum()), variety)
        clustering = FreshClustering(
            config,
            self._tokenizer,
            self._words,
            taught.codes,
            trades,
            {unit.product for unit in units},
            variety,
        )
        labels, clusters = clustering.cluster(units, placed, documents)
        if known:
            anew = None
            if taught is not self._metric:
                shipped = gather_documents(units, placed, placed.scores)
                anew = rows_of(
                    seen_anew(clustering.anchors(shipped), clustering.anchors(documents)),
                    documents,
                )
            groups, events = self._carry(
                config, units, placed, vectors, labels, clusters, known, anew
            )
            return Grouping(groups, placed, documents, events)
        groups = [
            Group(np.flatnonzero(labels == index), c.kind, None, c.name, c.code, c.terms)
            for index, c in enumerate(clusters)
        ]
        return Grouping(groups, placed, documents, ())

    def _carry(
        self,
        config: TopicsConfig,
        units: Sequence[TopicUnit],
        placed: Placed,
        vectors: np.ndarray,
        labels: np.ndarray,
        clusters: Sequence[Cluster],
        known: Sequence[KnownTopic],
        anew: np.ndarray | None,
    ) -> tuple[list[Group], tuple[LedgerEvent, ...]]:
        """Carry known topics through; units out of scope stay where a person put them."""
        carried = carry_over(
            [units[row].unit_id for row in placed.rows.tolist()],
            vectors[placed.text_of],
            Fresh(labels[placed.rows], [cluster.kind for cluster in clusters]),
            known,
            config,
            taught=anew,
        )
        continued = {int(topic): c for c, topic in enumerate(carried.topic_of_cluster)}
        groups = []
        for topic, state in enumerate(known):
            rows = placed.rows[carried.assignment == topic]
            cluster = clusters[continued[topic]] if topic in continued else None
            if len(rows):
                groups.append(
                    Group(
                        rows,
                        state.kind,
                        state.topic_id,
                        state.name,
                        cluster.code if cluster else "",
                        cluster.terms if cluster else (),
                        keeps_name=state.name_is_pinned,
                        banned=state.banned_members,
                    )
                )
        for offset, index in enumerate(carried.cluster_of_new):
            rows = placed.rows[carried.assignment == len(known) + offset]
            new = clusters[index]
            if len(rows):
                groups.append(Group(rows, new.kind, None, new.name, new.code, new.terms))
        return groups, carried.events


def sized(config: TopicsConfig, issues: int, variety: float) -> TopicsConfig:
    """Let topics be smaller where few units are spread over many trades.

    Args:
        config: Thresholds; a topic's size is for feedback of one trade.
        issues: Units that speak of an issue.
        variety: How many times the matters of one trade they are about.
    """
    if variety <= 1:
        return config
    size = round(config.min_topic_size * min(1.0, issues / (variety * _UNITS_OF_A_TRADE)))
    smallest = min(_SMALLEST_TOPIC, config.min_topic_size)
    return config.model_copy(update={"min_topic_size": max(smallest, size)})


def _first_rows(placed: Placed) -> np.ndarray:
    """Return one row of the call for each distinct text."""
    first = np.zeros(len(placed.texts), np.int64)
    first[placed.text_of[::-1]] = placed.rows[::-1]
    return first
