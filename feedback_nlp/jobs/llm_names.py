"""The part of the analysis that asks a language model for names, if it is wanted.

Source: docs/decisions/0009-llm-naming.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from feedback_nlp.labels import Origin, TopicKind, model_actor
from feedback_nlp.llm_naming import LlmNamer, NamingTask
from feedback_nlp.store import Database, topic_writing
from feedback_nlp.store.analysis import StoredUnit
from feedback_nlp.topics import TopicResult


@dataclass(frozen=True, slots=True)
class ModelNames:
    """What a language model proposes.

    Attributes:
        actor: Who it is in the ledger.
        by_topic: Names by index into the topics of the result.
    """

    actor: str = ""
    by_topic: Mapping[int, str] = field(default_factory=dict)


def ask_for_names(
    database: Database,
    namer: LlmNamer | None,
    max_topics: int,
    units: Sequence[StoredUnit],
    result: TopicResult,
) -> ModelNames:
    """Ask for names of the largest issues that still carry the engine's own; holds no lock.

    Args:
        database: Where people's names are.
        namer: ``None`` for no names.
        max_topics: Topics to ask for.
        units: All units; their texts are already redacted.
        result: The topics found.
    """
    if namer is None:
        return ModelNames()
    with database.read() as session:
        living = topic_writing.living_topics(session)
    named = {str(topic.id) for topic in living if topic.named_by != Origin.AUTO or topic.muted}
    wanted = [
        index
        for index, topic in enumerate(result.topics)
        if topic.kind is TopicKind.ISSUE and topic.topic_id not in named
    ][:max_topics]
    texts = {unit.unit_id: unit.text for unit in units}
    tasks = [
        NamingTask(
            topic.name, topic.keywords, tuple(texts[unit] for unit in topic.quotes if unit in texts)
        )
        for topic in (result.topics[index] for index in wanted)
    ]
    taken = {topic.name for topic in living} | {topic.name for topic in result.topics}
    proposals = namer.names(tasks, taken=taken)
    return ModelNames(
        actor=model_actor(namer.model),
        by_topic={
            index: name for index, name in zip(wanted, proposals, strict=True) if name is not None
        },
    )
