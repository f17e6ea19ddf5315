"""Topics: what many units talk about, found, named, and kept the same from week to week."""

from feedback_nlp.topics.records import UNASSIGNED, KnownTopic, Theme, Topic, TopicResult, TopicUnit

__all__ = [
    "UNASSIGNED",
    "KnownTopic",
    "Theme",
    "Topic",
    "TopicResult",
    "TopicUnit",
]
