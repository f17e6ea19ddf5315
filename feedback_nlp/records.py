"""What the stages hand to one another: plain, frozen records.

The pure core (clean … rank, and the loop's table) takes and returns these; it
never sees a database session. Offsets are always Python code-point offsets into
the text that the record itself names, half open: ``text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from feedback_nlp.labels import Intent, Sentiment, Signal


class Span(NamedTuple):
    """A half-open stretch ``[start, end)`` of a text, in code points."""

    start: int
    end: int


@dataclass(slots=True)  # made for every row of a file, and a frozen one takes five times as long
class RawItem:
    """One thing one person said, as a source reader yields it, before cleaning.

    Nobody changes one: see :func:`dataclasses.replace`.

    Attributes:
        line: 1-based row or line in the file it came from (header counted); 0 over the API.
        source_key: Unique within its source; readers derive one if the layout has none.
        text: What was said. Never blank: readers reject blank rows.
        author: Identity as it came in. It is hashed before storage and never stored.
        rating: Stars on a 1–5 scale, or ``None``.
        occurred_at: Aware datetime, or ``None`` if the source gives no time.
        meta: Closed answers and unknown columns, JSON-serialisable.
        contact: Where they may be written to, only where a person named the column. It is sealed
            before storage, or dropped.
        agreed: Whether they agreed to be.
    """

    line: int
    source_key: str
    text: str
    title: str = ""
    thread_key: str | None = None
    author: str | None = None
    rating: float | None = None
    product: str | None = None
    channel: str | None = None
    app_version: str | None = None
    device: str | None = None
    region: str | None = None
    segment: str | None = None
    occurred_at: datetime | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    contact: str = field(default="", repr=False)
    agreed: bool = False


@dataclass(slots=True)  # made for many rows, see above
class Rejection:
    """A row that cannot be stored, and why. Nobody changes one.

    Attributes:
        line: 1-based row or line in the file.
        reason: Stable English code, such as ``blank-text`` or ``bad-encoding``.
        detail: One Chinese sentence: what came, what was expected.
        raw: The row as it came in, cut to 2,000 characters. The store redacts it.
    """

    line: int
    reason: str
    detail: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest stretch of a feedback that makes one point.

    Attributes:
        start, end: Code-point offsets into the analysed text.
        text: ``analysed_text[start:end]``.
        sentiment: ``neg``, ``neu`` or ``pos``.
        sentiment_score: −1 (negative) … 1 (positive): P(pos) − P(neg).
        intent: One intent.
        confidence: 0–1, the calibrated probability of the intent.
        sentiment_confidence: 0–1, the calibrated probability of the sentiment.
    """

    start: int
    end: int
    text: str
    sentiment: Sentiment
    sentiment_score: float
    intent: Intent
    confidence: float
    sentiment_confidence: float = 1.0

    def as_row(self) -> dict[str, Any]:
        """Return it as JSON-serialisable values, as ``feedback-nlp classify`` writes them."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "sentiment": self.sentiment.value,
            "sentiment_score": self.sentiment_score,
            "intent": self.intent.value,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that the engine reads out of one feedback.

    Attributes:
        sentiment: ``neg | neu | pos | mixed``, over all units.
        sentiment_score: −1 … 1, length-weighted over the units.
        intent: The intent that asks most of the team.
        units: In text order, not overlapping; may be empty for a text without words.
        signals: Warning signs found anywhere in the text, sorted.
    """

    sentiment: Sentiment
    sentiment_score: float
    intent: Intent
    units: tuple[Unit, ...]
    signals: tuple[Signal, ...] = ()


class Voice(NamedTuple):
    """One unit that speaks about one subject.

    Attributes:
        subject_id: The topic or request it is evidence for.
        person_key: Whom it counts for.
        weeks_ago: 0 for the ranked week, 1 for the week before, …
        sentiment_score: −1 … 1.
        signals: Values of :class:`feedback_nlp.labels.Signal` on the feedback.
        is_burst: Part of a copy-paste burst: shown to people, never counted.
    """

    subject_id: int
    person_key: str
    weeks_ago: int
    intent: str
    sentiment_score: float
    signals: tuple[str, ...] = ()
    channel: str | None = None
    app_version: str | None = None
    region: str | None = None
    segment: str | None = None
    is_burst: bool = False
