"""The only module that knows all stages and their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feedback_nlp.chinese import DictionaryWord
from feedback_nlp.clean import DuplicateItem, find_duplicates, without_stand_ins
from feedback_nlp.config import PipelineConfig
from feedback_nlp.embed import Embedder, load_embedder
from feedback_nlp.features import NgramEncoder, UnitBatch, load_encoder
from feedback_nlp.intent import INTENTS, IntentClassifier, load_intent, overall_intent
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Understanding, Unit
from feedback_nlp.segment import Segmenter
from feedback_nlp.sentiment import (
    SENTIMENTS,
    SentimentScorer,
    load_sentiment,
    overall_sentiment,
)
from feedback_nlp.sentiment.scorer import OVERALL
from feedback_nlp.signals import detect_batch
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicResult, TopicUnit
from feedback_nlp.topics.modeler import TopicModeler

_BATCH_CHARACTERS = 400_000  # bounds memory: about 1 kB a unit


class Engine:
    """Segment, sentiment, intent and signals, loaded once.

    Args:
        config: The analysis.
        encoder: Shared features of sentiment and intent.
        sentiment: Scorer of units.
        intent: Classifier of units.
    """

    def __init__(
        self,
        config: PipelineConfig,
        encoder: NgramEncoder,
        sentiment: SentimentScorer,
        intent: IntentClassifier,
    ) -> None:
        self._config = config
        self._segmenter = Segmenter(config.segment)
        self._encoder = encoder
        self._sentiment = sentiment
        self._intent = intent

    @classmethod
    def load(cls, config: PipelineConfig) -> Engine:
        """Load the models that the configuration names.

        Raises:
            ArtifactError: If a model is missing or damaged.
        """
        return cls(config, load_encoder(), load_sentiment(config.sentiment.scorer), load_intent())

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of what is in use, for the record of a run."""
        return {
            "encoder": self._encoder.version,
            "sentiment": self._sentiment.version,
            "intent": self._intent.version,
        }

    def understand(
        self, texts: Sequence[str], ratings: Sequence[float | None] | None = None
    ) -> list[Understanding]:
        """Read each text; order is kept, and neighbours do not influence each other.

        Args:
            texts: Any strings; offsets in the result point into these.
            ratings: Stars 1–5 or ``None``, one a text. They never change a sentiment;
                a conflict between star and text is a signal.
        """
        if ratings is None:
            ratings = [None] * len(texts)
        if len(ratings) != len(texts):
            raise ValueError(f"got {len(ratings)} ratings, expected {len(texts)}, one a text")
        understandings: list[Understanding] = []
        begin = characters = 0
        for position, text in enumerate(texts):
            characters += len(text) + 1
            if characters >= _BATCH_CHARACTERS or position == len(texts) - 1:
                end = position + 1
                understandings += self._understand(texts[begin:end], ratings[begin:end])
                begin, characters = end, 0
        return understandings

    def _understand(
        self, texts: Sequence[str], ratings: Sequence[float | None]
    ) -> list[Understanding]:
        spans = self._segmenter.segment_batch(texts)
        counts = np.fromiter(map(len, spans), dtype=np.int64, count=len(spans))
        pieces = [
            text[start:end]
            for text, found in zip(texts, spans, strict=True)
            for start, end in found
        ]
        encoded = self._encoder.encode(UnitBatch(pieces, counts))
        sentiment = self._sentiment.score(encoded)
        intent = self._intent.score(encoded)
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        intent_labels = intent.argmax(axis=1) if pieces else np.zeros(0, dtype=np.int64)
        labels, scores = overall_sentiment(
            sentiment,
            lengths,
            counts,
            mixed_min_share=self._config.sentiment.mixed_min_share,
            reviews=self._sentiment.score_reviews(encoded),
            wishes=intent_labels == INTENTS.index(Intent.FEATURE),
        )
        overall = overall_intent(intent_labels, counts).tolist()
        units = self._units(spans, pieces, sentiment, intent_labels, intent)
        rounded: list[float] = np.round(scores.astype(np.float64), 4).tolist()
        signals = detect_batch(texts, ratings, rounded)
        understandings = []
        position = 0
        for found, label, score, wanted, signs in zip(
            spans, labels.tolist(), rounded, overall, signals, strict=True
        ):
            end = position + len(found)
            understandings.append(
                Understanding(
                    OVERALL[label], score, INTENTS[wanted], tuple(units[position:end]), signs
                )
            )
            position = end
        return understandings

    @staticmethod
    def _units(
        spans: Sequence[Sequence[tuple[int, int]]],
        pieces: Sequence[str],
        sentiment: np.ndarray,
        intent_labels: np.ndarray,
        intent: np.ndarray,
    ) -> list[Unit]:
        """Turn arrays into records; 4 decimals, so that batch size cannot show."""
        if not pieces:
            return []
        feeling: list[Sentiment] = [SENTIMENTS[k] for k in sentiment.argmax(axis=1).tolist()]
        wanted: list[Intent] = [INTENTS[k] for k in intent_labels.tolist()]
        return [
            Unit(start, end, piece, felt, score, intended, sure, felt_sure)
            for (start, end), piece, felt, score, intended, sure, felt_sure in zip(
                (span for found in spans for span in found),
                pieces,
                feeling,
                np.round((sentiment[:, 2] - sentiment[:, 0]).astype(np.float64), 4).tolist(),
                wanted,
                np.round(intent.max(axis=1).astype(np.float64), 4).tolist(),
                np.round(sentiment.max(axis=1).astype(np.float64), 4).tolist(),
                strict=True,
            )
        ]


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a feedback counts for.

    Attributes:
        person_key: The same for everything one person said, and for all copies of one text.
        duplicate_of: Id of the first of the copies it belongs to, or ``None``.
        is_burst: Part of a burst of copies within hours.
    """

    person_key: str
    duplicate_of: int | None
    is_burst: bool


class Analyst:
    """All stages of an analysis, loaded once: what ``analyze`` runs over the store.

    Args:
        config: The analysis.
        engine: Reads single feedback.
        embedder: Places units by meaning.
        modeler: Finds topics among placed units.
    """

    def __init__(
        self,
        config: PipelineConfig,
        engine: Engine,
        embedder: Embedder,
        modeler: TopicModeler,
    ) -> None:
        self._config = config
        self._engine = engine
        self._embedder = embedder
        self._modeler = modeler

    @classmethod
    def load(
        cls,
        config: PipelineConfig,
        *,
        extra_words: tuple[DictionaryWord, ...] = (),
        stop_words: Iterable[str] = (),
    ) -> Analyst:
        """Load everything that the configuration names.

        Args:
            config: The analysis.
            extra_words: Words that people taught; topics keep them whole. The embeddings
                do not change with them: their vocabulary is trained on the shipped words.
            stop_words: Words that people banned from the names and keywords of topics.

        Raises:
            ArtifactError: If a model is missing or damaged.
        """
        embedder = load_embedder(config.embed)
        return cls(
            config,
            Engine.load(config),
            embedder,
            TopicModeler.load(
                config.topics, embedder, extra_words=extra_words, stop_words=stop_words
            ),
        )

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of all models in use."""
        return {**self._engine.versions, "embeddings": self._embedder.name}

    def understand(
        self, texts: Sequence[str], ratings: Sequence[float | None] | None = None
    ) -> list[Understanding]:
        """Read each text: see :meth:`Engine.understand`."""
        return self._engine.understand(texts, ratings)

    def count_people(self, items: Sequence[DuplicateItem]) -> list[Person]:
        """Tell for each feedback (``key`` is its id) whom it counts for, in order.

        Copies of one text count as one person whoever posted them; otherwise the author
        does, and an anonymous feedback counts for itself.
        """
        groups = {
            member: group
            for group in find_duplicates(items, self._config.clean)
            for member in group.members
        }
        people = []
        for item in items:
            group = groups.get(item.key)
            if group is not None:
                people.append(Person(f"copies:{group.root}", group.root, group.is_burst))
            else:
                people.append(Person(item.person or f"one:{item.key}", None, False))
        return people

    def find_topics(
        self,
        units: Sequence[TopicUnit],
        known: Sequence[KnownTopic] = (),
        *,
        pasted: Collection[int] = (),
    ) -> TopicResult:
        """Group units into topics that continue the known ones where they can.

        Args:
            units: All units.
            known: Living topics.
            pasted: Ids of units from copy-paste bursts. Unless a person placed them, they
                join the nearest topic after the fit, so that pasting makes, names and moves
                no topic.
        """
        # A stand-in for a person or a number says nothing, and must name no topic.
        units = [
            replace(unit, text=without_stand_ins(unit.text)) if "〔" in unit.text else unit
            for unit in units
        ]
        embeddings = self._embedder.embed([unit.text for unit in units])
        by_people = frozenset[int]().union(*(topic.pinned_members for topic in known))
        late = np.array(
            [unit.unit_id in pasted and unit.unit_id not in by_people for unit in units], bool
        )
        if not late.any():
            return self._modeler.fit(units, embeddings, known=known)
        voiced, joining = (np.flatnonzero(rows) for rows in (~late, late))
        result = self._modeler.fit(
            [units[row] for row in voiced.tolist()],
            embeddings[voiced],
            known=[replace(topic, members=topic.members.difference(pasted)) for topic in known],
        )
        banned = {topic.topic_id: topic.banned_members for topic in known}
        living = [
            KnownTopic(
                topic.topic_id or "",
                topic.name,
                topic.kind,
                topic.centroid,
                banned_members=banned.get(topic.topic_id or "", frozenset()),
            )
            for topic in result.topics
        ]
        assignment = np.full(len(units), UNASSIGNED, np.int32)
        similarity = np.zeros(len(units), np.float32)
        assignment[voiced], similarity[voiced] = result.assignment, result.similarity
        assignment[joining], similarity[joining] = self._modeler.assign(
            [units[row] for row in joining.tolist()], embeddings[joining], living
        )
        return replace(result, assignment=assignment, similarity=similarity)
