"""What the columns of a file are, as it is found out step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from feedback_nlp.ingest.columns import candidates, own_name
from feedback_nlp.ingest.extras import is_kept
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.people import is_said_by_others, person_by_name

UNKNOWN, OTHERS_SAID, PERSONAL = "不认识的内容", "是别人的回复", "是个人信息"
SENT_BY_US = "是发给用户的话"
GUESS_ROWS = 3


@dataclass
class Resolution:
    """What the columns of a file are.

    Attributes:
        fields: Columns by field, the first filled one of a row is taken.
        clock: Column with the time of day, where the date is in a column of its own.
        month_first, rating_scale: See :class:`RowMapping`.
        is_utc: Whether the time column says in its name that it is in UTC.
        time_stands_in: Whether the time is that of what is spoken of, for want of another.
        asks_people: Whether the texts are what people replied to what they were sent.
        kept: Columns stored as extra values.
        dropped: Why a column is not stored, in Chinese, by column.
        guessed: Fields that were found by content alone.
        notes: Chinese remarks.
        looks: What each column looks like.
        open: Whether columns that come up later are judged by name.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    clock: str | None = None
    month_first: bool | None = None
    is_utc: bool = False
    time_stands_in: bool = False
    asks_people: bool = False
    rating_scale: float = 1.0
    kept: set[str] = field(default_factory=set)
    dropped: dict[str, str] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    looks: dict[str, Looks] = field(default_factory=dict)
    forced: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()

    @property
    def used(self) -> set[str]:
        """Columns that a field is taken from."""
        taken = {column for group in self.fields.values() for column in group}
        return taken | ({self.clock} if self.clock else set())

    def keeps(self, column: str) -> bool:
        """Whether an extra column is stored; those not seen in the first rows by name alone."""
        if column in self.kept:
            return True
        if column in self.dropped or column in self.looks or column in self.banned:
            return column in self.forced
        return column in self.forced or (person_by_name(column) is None and is_kept(column, None))

    def candidates(self, field: str, columns: Sequence[str]) -> list[str]:
        """Return the columns whose names say ``field``, those beside the text included."""
        return candidates(field, columns, self.home)

    @property
    def home(self) -> str:
        """The path below which the text lies, if it is no common wrapper; blank if it is none."""
        text = next(iter(self.fields.get("text", ())), "")
        if "." not in text or own_name(text) is not None or is_said_by_others(text):
            return ""
        return f"{text.rpartition('.')[0]}."


def free(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return the columns that no field is taken from yet."""
    return [column for column in columns if column not in found.used]
