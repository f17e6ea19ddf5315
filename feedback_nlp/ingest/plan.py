"""How the rows of one file become items, as a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.answer_rows import AnswerRows
from feedback_nlp.ingest.looks import is_number
from feedback_nlp.ingest.people import person_by_name
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import parse_rating
from feedback_nlp.ingest.relative_times import is_relative
from feedback_nlp.ingest.resolve import Wishes
from feedback_nlp.ingest.sessions import joined_lines
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection

Items = Callable[[int, Mapping[str, Any]], Iterator[RawItem | Rejection]]


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What becomes of a column: a Chinese word and, if it is not stored, why."""

    column: str
    use: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted: zone of bare times, wishes about columns; date and period of the file.

    ``answers`` says how the answers of a sheet stood in rows, if they did.
    """

    zone: ZoneInfo
    wishes: Wishes
    as_of: datetime | None = None
    period_end: datetime | None = None
    is_plain: bool = False
    is_chat_log: bool = False
    preface: tuple[str, ...] = ()
    answers: AnswerRows | None = None


@dataclass(frozen=True)
class Plan:
    """How the rows of one file become items; see :class:`SourceReading` for the fields."""

    layout: str
    label: str
    kind: SourceKind | None
    mapping: Mapping[str, str]
    items: Items
    uses: tuple[ColumnUse, ...]
    remarks: tuple[str, ...]
    hides: bool
    zone: ZoneInfo
    tally: Counter[str] = field(default_factory=Counter)
    is_chat: bool = False
    delimiter: str = ","
    numbers: tuple[str, ...] = ()
    month_first: bool | None = None

    def joined(self, items: Iterable[RawItem | Rejection]) -> Iterator[RawItem | Rejection]:
        """Join the lines of a chat's sessions; other files pass through."""
        return joined_lines(items) if self.is_chat else iter(items)

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether times, ratings and numbers of a row read as such: else its cells are shifted."""
        if not all(is_number(text) for name in self.numbers if (text := plain(values.get(name)))):
            return False
        time = values.get(self.mapping.get("occurred_at", ""))
        moment = parse_time(time, self.zone, month_first=self.month_first)
        if plain(time) and moment is None and not is_relative(plain(time)):
            return False
        rating = values.get(self.mapping.get("rating", ""))
        return not plain(rating) or parse_rating(rating) is not None


def has_people(columns: Sequence[str]) -> bool:
    """Whether any header names a person, so that no raw line of the file may be kept."""
    return any(person_by_name(column) is not None for column in columns)
