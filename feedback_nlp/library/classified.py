"""What reading a text gives, for people who program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedback_nlp.labels import Intent, Sentiment, Signal
from feedback_nlp.library.as_html import page, paragraph
from feedback_nlp.records import Understanding, Unit


@dataclass(frozen=True, slots=True)
class Classified:
    """One text, read.

    Attributes:
        text: What was read; offsets of the units point into it.
        sentiment: ``neg | neu | pos | mixed``, over all units.
        sentiment_score: −1 … 1.
        intent: The intent that asks most of the team.
        units: The points it makes, in text order; empty for a text without words.
        signals: Warning signs found anywhere in it.
    """

    text: str
    sentiment: Sentiment
    sentiment_score: float
    intent: Intent
    units: tuple[Unit, ...]
    signals: tuple[Signal, ...] = ()

    @classmethod
    def of(cls, text: str, found: Understanding) -> Classified:
        """Join a text and what was found in it."""
        return cls(
            text,
            found.sentiment,
            found.sentiment_score,
            found.intent,
            found.units,
            found.signals,
        )

    def as_dict(self) -> Mapping[str, Any]:
        """Return it as JSON-serialisable values, as ``feedback-nlp classify`` writes them."""
        return {
            "text": self.text,
            "sentiment": self.sentiment.value,
            "sentiment_score": self.sentiment_score,
            "intent": self.intent.value,
            "units": [unit.as_row() for unit in self.units],
            "signals": [signal.value for signal in self.signals],
        }

    def _repr_html_(self) -> str:
        return page([paragraph(self.text, self.units)])


class ClassifiedList(list[Classified]):
    """Texts in the order they were given; a notebook shows their units in colour."""

    def _repr_html_(self) -> str:
        shown = [paragraph(one.text, one.units) for one in self[:SHOWN]]
        return page(shown, hidden=len(self) - len(shown))


SHOWN = 50
"""How many texts a notebook shows."""
