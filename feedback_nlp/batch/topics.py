"""Units put into the living topics of a database, without changing anything in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from feedback_nlp.batch.arrow import UnitTopic
from feedback_nlp.batch.plan import TopicPlan
from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import TopicKind, TopicState
from feedback_nlp.pipeline import TopicAssigner
from feedback_nlp.records import Understanding
from feedback_nlp.store import Database, lexicon, topic_writing
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicUnit


def read_topics(url: str) -> TopicPlan:
    """Read the living topics of a database, and the words that people taught it.

    Raises:
        StoreError: If the database cannot be opened or is too old.
        NotFound: If it has no topics yet.
    """
    database = Database(url)
    try:
        with database.read() as session:
            taught = lexicon.words(session)
            topics = tuple(
                KnownTopic(
                    str(topic.id),
                    topic.name,
                    TopicKind(topic.kind),
                    topic_writing.unpack_centroid(topic.centroid or b""),
                )
                for topic in topic_writing.living_topics(session)
                if topic.state == TopicState.ACTIVE
            )
    finally:
        database.dispose()
    if not topics:
        raise NotFound("这个数据库里还没有主题", reason="not-analysed")
    return TopicPlan(topics, tuple(taught.words), tuple(taught.stops))


def topics_version(plan: TopicPlan) -> str:
    """Return a short digest of the topics: ids, names and where they lie."""
    seen = hashlib.sha256()
    for topic in plan.topics:
        seen.update(f"{topic.topic_id}\0{topic.name}\0{topic.kind.value}\0".encode())
        seen.update(topic.centroid.tobytes())
    return seen.hexdigest()[:12]


class TopicFinder:
    """Finds the topic of each unit; one in each process."""

    def __init__(self, plan: TopicPlan, config: PipelineConfig) -> None:
        self._plan = plan
        self._assigner = TopicAssigner.load(
            config, extra_words=plan.words, stop_words=plan.stop_words
        )
        self._named = [UnitTopic(int(topic.topic_id), topic.name) for topic in plan.topics]

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what decides the topic."""
        return {"embeddings": self._assigner.version, "topics": topics_version(self._plan)}

    def find(self, understood: Sequence[Understanding]) -> list[list[UnitTopic | None]]:
        """Return the topic of each unit of each text, ``None`` where none is near enough."""
        said = [(text, unit) for text, one in enumerate(understood) for unit in one.units]
        units = [
            TopicUnit(number, text, unit.text, unit.intent, unit.sentiment_score)
            for number, (text, unit) in enumerate(said)
        ]
        indexes = self._assigner.assign(units, self._plan.topics).tolist() if units else []
        found = [None if index == UNASSIGNED else self._named[index] for index in indexes]
        each: list[list[UnitTopic | None]] = []
        begin = 0
        for one in understood:
            each.append(found[begin : begin + len(one.units)])
            begin += len(one.units)
        return each
