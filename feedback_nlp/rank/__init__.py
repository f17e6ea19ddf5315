"""The priority of topics and requests: readable parts, weights one can argue with, an interval.

Pure: rows in, priorities out. Why it is built this way: ``docs/decisions/0008-priority.md``.
"""

from feedback_nlp.rank.evidence import Subject
from feedback_nlp.rank.explain import explain
from feedback_nlp.rank.priority import Priority, placed, rank, ranked_last, scored
from feedback_nlp.rank.views import ice, rice
from feedback_nlp.records import Voice

__all__ = [
    "Priority",
    "Subject",
    "Voice",
    "explain",
    "ice",
    "placed",
    "rank",
    "ranked_last",
    "rice",
    "scored",
]
