"""Survey exports (问卷星, 腾讯问卷): one answer sheet a row, one item a written answer.

Exports do not say which questions were open. A question is open if its wording asks for
words, or if its answers are long and nearly all different; that is decided on the first
rows of the file. Closed answers go to every item of the sheet as ``meta``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.clean.content import has_no_content
from feedback_nlp.errors import UnknownLayout
from feedback_nlp.ingest.columns import comparable, read_toml
from feedback_nlp.ingest.fields import has_broken_characters
from feedback_nlp.ingest.items import (
    BAD_CHARACTERS,
    MAX_TEXT_CHARS,
    fitted_key,
    meta_value,
    raw_row,
)
from feedback_nlp.ingest.keys import OccurrenceCounter, content_hash
from feedback_nlp.ingest.people import (
    asks_opinion,
    is_identity,
    is_person_by_content,
    is_placeholder,
)
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import is_star_scale, parse_rating
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular.json_sheets import CHOSEN, WRITTEN

SAMPLE_ROWS = 500
_ANSWERED = (f"{WRITTEN}.", f"{CHOSEN}.")
_MIN_ANSWERS = 5
_MIN_DISTINCT_SHARE = 0.5
_MIN_MEAN_CHARS = 6.0
_MIN_SENTENCE_CHARS = 8
_SENTENCE_CHARS = 11
_MAX_NUMBER_DIGITS = 6
_ALL_VERDICTS = 0.9
_MAX_CHOICES_SHARE = 0.8
_PLACE = re.compile(r"[(（]([^)）]+)[)）]")


@dataclass(frozen=True, slots=True)
class SurveyLayout:
    """How one survey tool writes its export; see ``corpora/ingest/surveys.toml``."""

    name: str
    label: str
    channel: str
    requires: frozenset[str]
    key: str
    time: str
    author: tuple[str, ...]
    region: tuple[str, ...]
    question: re.Pattern[str]
    fixed: frozenset[str]
    skipped: frozenset[str]

    def answer(self, value: Any) -> str:
        """Return a cell as an answer; blank if the question was skipped."""
        text = plain(value)
        return "" if text in self.skipped else text


@dataclass(frozen=True, slots=True)
class Questions:
    """What the columns of one survey file are.

    Attributes:
        open: Question id by column, for written answers.
        closed: Columns whose answers accompany each item.
        rating: The closed column that is a satisfaction on 1–5, if any.
    """

    open: Mapping[str, str]
    closed: Sequence[str]
    rating: str | None


@cache
def survey_layouts() -> tuple[SurveyLayout, ...]:
    """Return all survey layouts, in the order in which they are tried."""
    return tuple(
        SurveyLayout(
            name=data["name"],
            label=data["label"],
            channel=data["channel"],
            requires=frozenset(map(comparable, data["requires"])),
            key=data["key"],
            time=data["time"],
            author=tuple(data["author"]),
            region=tuple(data["region"]),
            question=re.compile(data["question"]),
            fixed=frozenset(data["fixed"]),
            skipped=frozenset(data["skipped"]),
        )
        for data in read_toml("surveys.toml")["survey"]
    )


def recognise_survey(columns: Sequence[str]) -> SurveyLayout | None:
    """Return the survey tool that wrote these columns, or ``None``."""
    present = set(map(comparable, columns))
    return next((layout for layout in survey_layouts() if layout.requires <= present), None)


def recognise_sheets(columns: Sequence[str]) -> SurveyLayout | None:
    """Return a layout made for responses in JSON, whose answers stand by question."""
    return _made_for(columns) if any(map(is_answer, columns)) else None


def known_by(layout: SurveyLayout, key: str, author: str) -> SurveyLayout:
    """Return a layout whose sheets have their number and author in these columns, blank for none."""
    return replace(layout, key=key, author=(author,) if author else layout.author)


def is_answer(column: str) -> bool:
    """Whether a column holds the answers of a response in JSON to one question."""
    return column.startswith(_ANSWERED)


def wording(column: str) -> str:
    """Return the question of a column as it was asked, without where its answers stood."""
    return column.partition(".")[2] if is_answer(column) else column


def recognise_questions(columns: Sequence[str]) -> SurveyLayout | None:
    """Return a layout made for a wide file whose header reads like questions, or ``None``."""
    data = read_toml("surveys.toml")["generic"]
    fixed = set(map(comparable, data["fixed"]))
    asked = re.compile(data["question"])
    others = [column for column in columns if comparable(column) not in fixed]
    questions = [column for column in others if asked.search(column)]
    frame = len(columns) - len(others)
    if len(questions) < 2 and not (questions and frame >= 2):
        return None
    if 2 * len(questions) < len(others):
        return None
    return _made_for(columns)


def _made_for(columns: Sequence[str]) -> SurveyLayout:
    """Return a layout for the columns of a file of a tool without one."""
    data = read_toml("surveys.toml")["generic"]
    fixed = set(map(comparable, data["fixed"]))

    def first(names: Sequence[str]) -> tuple[str, ...]:
        by_name = {comparable(column): column for column in reversed(columns)}
        wanted = (by_name.get(comparable(name)) for name in names)
        return tuple(column for column in wanted if column is not None)

    return SurveyLayout(
        name=data["name"],
        label=data["label"],
        channel="",
        requires=frozenset(),
        key=next(iter(first(data["keys"])), ""),
        time=next(iter(first(data["times"])), ""),
        author=(),
        region=first(data["regions"]),
        question=re.compile(data["number"]),
        fixed=frozenset(column for column in columns if comparable(column) in fixed),
        skipped=frozenset(data["skipped"]),
    )


def classify_questions(
    layout: SurveyLayout,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    *,
    open_column: str | None = None,
) -> Questions:
    """Decide which columns hold written answers.

    Args:
        layout: The survey tool.
        columns: All headers.
        sample: The first rows.
        open_column: The one that a person has named as text.

    Raises:
        UnknownLayout: If none does.
    """
    hints = read_toml("surveys.toml")["hints"]
    others = [column for column in columns if column not in layout.fixed]
    others = [column for column in others if is_answer(column)] or others
    asked = [column for column in others if layout.question.match(column)] or others
    if layout.name == read_toml("surveys.toml")["generic"]["name"]:
        asked = others
    answers = {
        column: [text for row in sample if (text := layout.answer(row.get(column)))]
        for column in asked
    }
    written = [open_column] if open_column else _written(layout, asked, answers, hints)
    if not written:
        shown = "、".join(asked[:30])
        example = asked[-1] if asked else "列名"
        raise UnknownLayout(
            f"{layout.label}里看不出哪一题是文字题。题目：{shown}",
            reason="no-text-column",
            example=example,
        )
    closed = [
        column
        for column in others
        if column not in written
        and not asks_who(layout, column)
        and _is_choice(answers.get(column) or [layout.answer(row.get(column)) for row in sample])
    ]
    rating = next(
        (
            column
            for column in closed
            if any(word in wording(column) for word in hints["stars"])
            and answers.get(column)
            and is_star_scale(answers[column])
            and any(parse_rating(answer) is not None for answer in answers[column])
        ),
        None,
    )
    return Questions(_numbered(layout, written), closed, rating)


def _written(
    layout: SurveyLayout,
    asked: Sequence[str],
    answers: Mapping[str, Sequence[str]],
    hints: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return the questions that were answered in words; in a short file by the answers alone."""
    nobody = [column for column in asked if not asks_who(layout, column)]
    told = {column for column in nobody if _is_open(column, answers[column], hints)}
    few = {c for c in nobody if len(answers[c]) < _MIN_ANSWERS} if told else set(nobody)
    told |= {
        column
        for column in few - told
        if _reads_written(said := _said(answers[column]), hints)
        and (not told or _are_sentences(said))
    }
    return [column for column in nobody if column in told]


def _are_sentences(answers: Sequence[str]) -> bool:
    """Whether all of a few answers are longer than the choices of a question are."""
    return len(answers) > 1 and min(map(len, answers)) >= _SENTENCE_CHARS


def _said(answers: Sequence[str]) -> list[str]:
    """Leave out what says nothing (无, 没有, /), which would make answers look alike and short."""
    return [answer for answer in answers if not has_no_content(answer)]


def _is_choice(answers: Sequence[str]) -> bool:
    """Whether answers are choices or numbers, so that they show nobody."""
    filled = [answer for answer in answers if answer]
    if not filled or is_person_by_content(filled):
        return not filled
    if sum(parse_rating(a) is not None for a in filled) >= _ALL_VERDICTS * len(filled):
        return True  # words on a scale, however few sheets there are
    free = [a for a in filled if not a.replace(".", "").isdecimal() and "┋" not in a]
    if any(a.isdecimal() and len(a) > _MAX_NUMBER_DIGITS for a in filled):
        return False
    return len(free) < _MIN_ANSWERS or len(set(free)) < _MAX_CHOICES_SHARE * len(free)


def asks_who(layout: SurveyLayout, column: str) -> bool:
    """Whether a question asks for a name or a way to reach someone: never stored."""
    words = read_toml("surveys.toml")["hints"]["identity"]
    asked = layout.question.sub("", wording(column))
    if asks_opinion(asked):
        return False
    return is_identity(asked) or any(word in column for word in words)


def _is_open(column: str, answers: Sequence[str], hints: Mapping[str, Sequence[str]]) -> bool:
    if not answers:
        return False
    if column.startswith(f"{WRITTEN}."):
        return not is_person_by_content(answers)  # the form says that it asked for words
    column, count = wording(column), len(answers)
    answers = _said(answers)
    if not answers:
        return False
    marked = sum(any(mark in a for mark in hints["multiple_choice_marks"]) for a in answers)
    numeric = sum(parse_rating(a) is not None or a.isdecimal() for a in answers)
    if marked > 0.05 * len(answers) or numeric > 0.5 * len(answers):
        return False
    distinct = len(set(answers)) / len(answers)
    if len(answers) < _MIN_ANSWERS and asks_opinion(column) and _reads_written(answers, hints):
        return True  # 您最满意的地方是什么？ in a sheet of few rows
    if any(word in column.casefold() for word in hints["open"]):
        return len(answers) < 2 * _MIN_ANSWERS or distinct > 0.2
    mean_chars = sum(map(len, answers)) / len(answers)
    return (
        count >= _MIN_ANSWERS and distinct >= _MIN_DISTINCT_SHARE and mean_chars >= _MIN_MEAN_CHARS
    )


def _reads_written(answers: Sequence[str], hints: Mapping[str, Sequence[str]]) -> bool:
    """Whether a few answers are sentences, no two the same: the last resort of a short file."""
    marked = any(mark in answer for mark in hints["multiple_choice_marks"] for answer in answers)
    return (
        bool(answers)
        and not marked
        and not is_person_by_content(answers)
        and not any(parse_time(answer, ZoneInfo("UTC")) is not None for answer in answers)
        and len(set(answers)) == len(answers)
        and sum(map(len, answers)) >= _MIN_SENTENCE_CHARS * len(answers)
        and not any(parse_rating(answer) is not None or answer.isdecimal() for answer in answers)
    )


def _numbered(layout: SurveyLayout, columns: Sequence[str]) -> dict[str, str]:
    numbers: dict[str, int] = {}
    ids = {}
    for column in columns:
        match = layout.question.match(wording(column))
        number = next(filter(None, match.groups()), None) if match else None
        number = number or content_hash([wording(column)])[:8]
        numbers[number] = numbers.get(number, 0) + 1
        ids[column] = number if numbers[number] == 1 else f"{number}.{numbers[number]}"
    return ids


@cache
def _trials() -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
    return tuple(
        (frozenset(map(comparable, trial["columns"])), re.compile(trial["values"]))
        for trial in read_toml("surveys.toml")["trial"]
    )


@cache
def _trial_columns(columns: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the columns that say whether a sheet was a trial, with the values that say so."""
    return tuple(
        (column, pattern)
        for column in columns
        for names, pattern in _trials()
        if comparable(column) in names
    )


def _is_trial(row: Mapping[str, Any]) -> bool:
    """Whether a sheet was filled to try the survey out: by its maker, or by a machine."""
    return any(pattern.search(plain(row.get(c))) for c, pattern in _trial_columns(tuple(row)))


@dataclass
class SheetReader:
    """Turns the answer sheets of one file into items, in order."""

    layout: SurveyLayout
    questions: Questions
    zone: ZoneInfo
    occurrences: OccurrenceCounter
    read_at: datetime | None = None
    author: tuple[str, ...] = ()
    month_first: bool | None = None
    tally: Counter[str] = field(default_factory=Counter)

    def items(self, line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        """Yield one item a written answer, or one rejection if there is none."""
        if _is_trial(row):
            yield Rejection(line, "trial-answers", "预览或测试答卷，不算反馈", "")
            return
        written = [
            (column, number, text)
            for column, number in self.questions.open.items()
            if (text := self.layout.answer(row.get(column)))
        ]
        if not written:
            closed_cells = ((column, row.get(column)) for column in self.questions.closed)
            yield Rejection(line, "blank-text", "这份答卷没有文字回答", raw_row(closed_cells))
            return
        sheet = self._sheet_key(row)
        closed = {
            wording(column): meta_value(answer)
            for column in self.questions.closed
            if (answer := self.layout.answer(row.get(column)))
        }
        time = row.get(self.layout.time)
        occurred_at = parse_time(time, self.zone, self.read_at, month_first=self.month_first)
        if occurred_at is None:
            self.tally["undated"] += len(written)
            if plain(time):
                self.tally["time-raw"] += len(written)
                closed["time_raw"] = plain(time)
        rating = parse_rating(row.get(self.questions.rating)) if self.questions.rating else None
        for column, number, text in written:
            if len(text) > MAX_TEXT_CHARS:
                detail = f"正文有 {len(text):,} 字，最多接受 {MAX_TEXT_CHARS:,} 字"
                yield Rejection(line, "text-too-long", detail, text[:2_000])
                continue
            if has_broken_characters(text):
                yield Rejection(line, "bad-characters", BAD_CHARACTERS, text[:2_000])
                continue
            yield RawItem(
                line=line,
                source_key=fitted_key(f"{sheet}#{number}"),
                text=text,
                thread_key=fitted_key(sheet),
                author=self._author(row),
                rating=rating,
                channel=self.layout.channel or None,
                region=self._region(row),
                occurred_at=occurred_at,
                meta={**closed, "question": wording(column)},
            )

    def _sheet_key(self, row: Mapping[str, Any]) -> str:
        if key := plain(row.get(self.layout.key)):
            return key
        parts = [plain(value) for value in row.values()]
        return self.occurrences.key(parts)

    @staticmethod
    def _first(row: Mapping[str, Any], columns: Sequence[str]) -> str | None:
        for column in columns:  # names that the file does not have, most of them
            if (value := row.get(column)) is not None and (text := plain(value)):
                return text
        return None

    def _author(self, row: Mapping[str, Any]) -> str | None:
        for column in (*self.layout.author, *self.author):
            if (name := plain(row.get(column))) and not is_placeholder(name):
                return name
        return None

    def _region(self, row: Mapping[str, Any]) -> str | None:
        """Return a place: 1.2.3.4(广东-深圳) gives 广东-深圳, never the address."""
        value = self._first(row, self.layout.region) or ""
        if (match := _PLACE.search(value)) is not None:
            return match[1][:100]
        return None if any(map(str.isdigit, value)) else value[:100] or None
