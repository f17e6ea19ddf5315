"""The only module that knows all stages and their order.

::

    read (segment → sentiment, intent → signals) → people → embed → topics
        → requests → alerts → week

:class:`~feedback_nlp.understanding.engine.Engine` runs the first four on single texts,
:class:`Analyst` the rest of the first line over everything that was said. The second line
works on what the store holds: requests follow the topics, alerts look at their days, and
the week says what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from feedback_nlp.alerts import Alert, DailyPeople, find_alerts
from feedback_nlp.build import reader_version
from feedback_nlp.chinese import DictionaryWord
from feedback_nlp.clean import DuplicateItem, find_duplicates, without_stand_ins
from feedback_nlp.config import PipelineConfig
from feedback_nlp.embed import Embedder, load_embedder
from feedback_nlp.records import Understanding
from feedback_nlp.requests import catching_up
from feedback_nlp.requests.sync import sync_edited, sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.changes import arrived
from feedback_nlp.store.slices import Slices
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicResult, TopicUnit
from feedback_nlp.topics.glossary import plainly
from feedback_nlp.topics.matter import the_matter
from feedback_nlp.topics.modeler import TopicModeler
from feedback_nlp.understanding.engine import Engine
from feedback_nlp.week.figures import Choice, choose_week, counted_as_it_comes, weekly
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope


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
            Engine.load(config, config.reading.depth),
            embedder,
            TopicModeler.load(
                config.topics, embedder, extra_words=extra_words, stop_words=stop_words
            ),
        )

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of all that has a say in the result, for the record of a run."""
        return {**self.reading, **self.placing}

    @property
    def reading(self) -> dict[str, str]:
        """Versions of what reads single feedback: under others, a feedback reads otherwise."""
        chosen = self._config.model_dump_json(include={"segment", "sentiment"})
        return {
            **self._engine.versions,
            "reader": reader_version(),
            "reading": hashlib.blake2b(chosen.encode(), digest_size=6).hexdigest(),
        }

    @property
    def placing(self) -> dict[str, str]:
        """Versions of what places units among topics: under others, all are placed anew."""
        return {"embeddings": self._embedder.name, "metric": self._modeler.version}

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
        units = matters(units)
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


class TopicAssigner:
    """Puts units into topics that live already; the topics stay as they are.

    Args:
        embedder: Places units by meaning.
        modeler: Knows how near is near enough.
    """

    def __init__(self, embedder: Embedder, modeler: TopicModeler) -> None:
        self._embedder = embedder
        self._modeler = modeler

    @classmethod
    def load(
        cls,
        config: PipelineConfig,
        *,
        extra_words: tuple[DictionaryWord, ...] = (),
        stop_words: Iterable[str] = (),
    ) -> TopicAssigner:
        """Load what the configuration names: see :meth:`Analyst.load`."""
        embedder = load_embedder(config.embed)
        modeler = TopicModeler.load(
            config.topics, embedder, extra_words=extra_words, stop_words=stop_words
        )
        return cls(embedder, modeler)

    @property
    def version(self) -> str:
        """Content version of the embeddings."""
        return self._embedder.name

    def assign(self, units: Sequence[TopicUnit], known: Sequence[KnownTopic]) -> np.ndarray:
        """Return for each unit the index of its topic, ``UNASSIGNED`` for none: (n,) int32."""
        units = matters(units)
        embeddings = self._embedder.embed([unit.text for unit in units])
        return self._modeler.assign(units, embeddings, known)[0]


def matters(units: Sequence[TopicUnit]) -> list[TopicUnit]:
    """Say plainly what units are about, without stand-ins for persons and numbers, and asides."""
    return [replace(unit, text=plainly(the_matter(without_stand_ins(unit.text)))) for unit in units]


def keep_requests(
    session: Session, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Let requests follow the topics, evidence and priorities included; return how many there are."""
    return sync_requests(session, config.rank, zone=zone, now=now)


def keep_edited_requests(
    session: Session,
    config: PipelineConfig,
    topic_ids: Collection[int],
    request_ids: Collection[int],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Let requests follow an edit, which moved units of some topics or evidence of some requests."""
    sync_edited(session, config.rank, topic_ids, request_ids, zone=zone, now=now)


def catch_up_requests(
    database: Database, slices: Slices, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Do what :func:`keep_requests` does in slices, each short; edits made meanwhile stand."""
    return catching_up.catch_up_requests(database, slices, config.rank, zone=zone, now=now)


def watch_days(
    people: DailyPeople, config: PipelineConfig, *, releases: Mapping[int, date]
) -> list[Alert]:
    """Return the days on which a topic stood out from what its own history lets expect."""
    return find_alerts(people, config.alerts, releases=releases)


def tell_week(
    session: Session,
    config: PipelineConfig,
    *,
    zone: ZoneInfo,
    now: datetime,
    week: str | None = None,
    product: str | None = None,
) -> WeeklyDigest:
    """Return what a week (or month) changed, by default the last that is over and not thin.

    Raises:
        InputError: If ``week`` is neither a week nor a month.
        NotFound: If there is no feedback or no analysis.
    """
    choice = choose_week(
        session,
        zone,
        now=now,
        min_share=config.rank.usual_week_min_share,
        wanted=week,
        product=product,
    )
    return weekly(
        session,
        Scope(choice.week, zone, product),
        rank_config=config.rank,
        report_config=config.report,
        choice=choice,
    )


def basis_of_week(
    session: Session,
    config: PipelineConfig,
    *,
    zone: ZoneInfo,
    now: datetime,
    week: str | None = None,
    product: str | None = None,
) -> tuple[Choice, int]:
    """Return what a digest depends on besides what counts as a change: cheap to ask for.

    As long as it and :meth:`feedback_nlp.store.Database.changes` are the same, the week reads
    the same. Arguments and errors are those of :func:`tell_week`.
    """
    share = config.rank.usual_week_min_share
    choice = choose_week(session, zone, now=now, min_share=share, wanted=week, product=product)
    since, until = counted_as_it_comes(Scope(choice.week, zone, product), config.report)
    return choice, arrived(session, since, until)
