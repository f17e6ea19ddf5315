"""The life of a request: a transition table as data, the one function that applies it,
and the clock of each status.

Pure: no session, no clock. ``store/requests.py`` writes what comes out.
"""

from feedback_nlp.loop.clock import Clock, clock_of
from feedback_nlp.loop.table import (
    ALWAYS_EXPLAINED,
    NOTIFYING,
    REPORTER_STATUS,
    SETTLED,
    TRANSITIONS,
    Rule,
    allowed_from,
)
from feedback_nlp.loop.transition import Transition, check_wanted, transition

__all__ = [
    "ALWAYS_EXPLAINED",
    "NOTIFYING",
    "REPORTER_STATUS",
    "SETTLED",
    "TRANSITIONS",
    "Clock",
    "Rule",
    "Transition",
    "allowed_from",
    "check_wanted",
    "clock_of",
    "transition",
]
