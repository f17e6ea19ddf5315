"""Surveys with one answer a row: the rows of a respondent become one answer sheet.

BI tools and databases write what was answered as rows of respondent, question and answer. Read
row by row, a choice would be a feedback and nobody would know whose rating stands beside whose
words. Here the rows of one sheet become one row with a column a question, as survey tools write
it, and are read as such.

Source: ``answer_rows`` in ``corpora/ingest/surveys.toml``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

from feedback_nlp.ingest.columns import candidates, comparable, read_toml
from feedback_nlp.ingest.people import Person, person_by_name
from feedback_nlp.ingest.plain import plain
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.json_sheets import CHOSEN, WRITTEN
from feedback_nlp.tabular.rows import Row

LOOK_ROWS = 5_000
"""So many rows are looked at before a survey is laid out: questions that few are asked come late."""

_MOST_OPEN = 5_000
_FEWEST_ANSWERS = 1.5  # a sheet
_SHARED = 0.5  # of the questions are asked of more than one
_SAME_QUESTION = 0.1  # of the rows may answer a question again, as choices of one question do
_CHOICES = "┋"


@dataclass(frozen=True)
class AnswerRows:
    """How one file writes an answer a row.

    Attributes:
        sheet: Columns that together say whose answer it is and on which occasion.
        question, answers: What was asked, and the columns one of which holds what was answered.
        frame: The columns that say the same on all rows of a sheet, by what they are called then.
        beside: The columns that differ from row to row and are not read.
        names: The column that each question becomes.
        is_sorted: Whether the rows of a sheet stand together.
        key, author: The column of the number by which a sheet is known, and the one that says who
            answered, as they are called then; blank if there is none.
    """

    sheet: tuple[str, ...]
    question: str
    answers: tuple[str, ...]
    frame: Mapping[str, str]
    beside: tuple[str, ...]
    names: Mapping[str, str]
    is_sorted: bool
    key: str
    author: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a sheet: what is said of it, then a column a question."""
        return (*self.frame.values(), *self.names.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """Chinese remarks for the person who started the import."""
        told = f"一行是一道题的答案，同一份答卷（列“{'、'.join(self.sheet)}”）的各行并成了一份"
        if not self.beside:
            return (told,)
        return (told, f"没有保存的列——每题一个值：{'、'.join(self.beside)}")

    def sheets(self, rows: Iterable[Row | Rejection]) -> Iterator[Row | Rejection]:
        """Yield one row a sheet, at the line of its first answer; at most 5,000 are held open.

        An answer to a question that the first rows did not ask comes back as a rejection.
        """
        held: dict[tuple[str, ...], _Sheet] = {}
        for row in rows:
            if isinstance(row, Rejection):
                yield row
                continue
            values = row.values
            key = tuple(plain(values.get(column)) for column in self.sheet)
            if key not in held:
                if held and (self.is_sorted or len(held) >= _MOST_OPEN):
                    yield held.pop(next(iter(held))).row
                held[key] = _Sheet(row.line)
            held[key].surplus += row.surplus
            asked, answer = plain(values.get(self.question)), self._answer(values)
            if asked in self.names:
                held[key].add(self._said_of(values), self.names[asked], answer)
            elif asked and answer:
                yield Rejection(
                    row.line, "question-unknown", "文件开头的答卷里没有这道题，没有导入"
                )
        for sheet in held.values():
            yield sheet.row

    def _answer(self, values: Mapping[str, Any]) -> str:
        return next((text for c in self.answers if (text := plain(values.get(c)))), "")

    def _said_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value for column, name in self.frame.items() if plain(value := values.get(column))
        }


@dataclass
class _Sheet:
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    surplus: tuple[str, ...] = ()

    def add(self, said_of: Mapping[str, Any], question: str, answer: str) -> None:
        """Add one answer; what was chosen beside something else stands beside it."""
        self.values = {**said_of, **self.values}
        if answer:
            before = self.values.get(question)
            self.values[question] = f"{before}{_CHOICES}{answer}" if before else answer

    @property
    def row(self) -> Row:
        return Row(self.line, self.values, self.surplus)


def answers_in_rows(
    columns: Sequence[str], sample: Sequence[Mapping[str, Any]]
) -> AnswerRows | None:
    """Return how a file writes an answer a row, or ``None`` if it does not.

    Args:
        columns: Headers of the file.
        sample: The first rows.
    """
    data = _data()
    named = _Named(columns)
    kind, number = named.first(data["types"]), named.first(data["numbers"])
    question = named.first(data["questions"])
    if question is None and (kind or number):
        question = named.first(data["weak_questions"])
    answers = named.all(data["answers"])
    number_of_sheet, person = _whose(columns, named)
    whose = number_of_sheet or person
    if question is None or not answers or not whose:
        return None
    answers = (*answers, *named.all(data["scores"]))
    texts = [
        {c: plain(row.get(c)) for c in columns}
        for row in sample
        if plain(row.get(question)) and plain(row.get(whose))
    ]
    asked = [column for column in (question, kind, number) if column]
    others = [c for c in columns if c not in {whose, *asked, *answers}]
    sheet = _occasion(texts, whose, question, others)
    if not _are_answers(texts, sheet, question, answers):
        return None
    frame, beside = _framed(texts, sheet, others)
    return AnswerRows(
        sheet,
        question,
        answers,
        {c: c if c == whose else _name_in_sheet(c) for c in frame},
        tuple(beside),
        {
            wording: f"{WRITTEN if _is_written(texts, question, wording, kind) else CHOSEN}.{wording}"
            for wording in dict.fromkeys(row[question] for row in texts)
        },
        _stand_together(texts, sheet),
        number_of_sheet if len(sheet) == 1 else "",
        person,
    )


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_toml("surveys.toml")["answer_rows"]
    return data


class _Named:
    """The columns of a file, found by lists of names."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.by_name = {comparable(column): column for column in reversed(columns)}

    def all(self, names: Sequence[str]) -> tuple[str, ...]:
        found = (self.by_name.get(comparable(name)) for name in names)
        return tuple(dict.fromkeys(column for column in found if column is not None))

    def first(self, names: Sequence[str]) -> str | None:
        return next(iter(self.all(names)), None)


def _whose(columns: Sequence[str], named: _Named) -> tuple[str, str]:
    """Return the column with the number of the sheet, and the one that says who answered."""
    data = _data()
    if (column := named.first(data["respondents"])) is not None:
        return column, column
    if (column := named.first(data["sheets"])) is not None:
        return column, ""
    told = {person_by_name(column): column for column in reversed(columns)}
    numbers = named.first(data["numbers_of_people"])
    return "", numbers or told.get(Person.ID) or told.get(Person.NAME) or ""


def _occasion(
    rows: Sequence[Mapping[str, str]], whose: str, question: str, others: Sequence[str]
) -> tuple[str, ...]:
    """Return what tells a sheet from another of the same person: the course that was judged.

    It is another column only if a person answers the same questions again and again, and it says
    the same on several rows.
    """
    if _repeats(rows, (whose,), question) <= _SAME_QUESTION * len(rows):
        return (whose,)
    for column in others:
        sheet = (whose, column)
        if _count(rows, sheet) * _FEWEST_ANSWERS <= len(rows) and (
            _repeats(rows, sheet, question) <= _SAME_QUESTION * len(rows)
        ):
            return sheet
    return (whose,)


def _key(row: Mapping[str, str], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def _count(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> int:
    return len({_key(row, columns) for row in rows})


def _repeats(rows: Sequence[Mapping[str, str]], sheet: Sequence[str], question: str) -> int:
    """Return how many rows answer a question of their sheet again."""
    return len(rows) - _count(rows, (*sheet, question))


def _are_answers(
    rows: Sequence[Mapping[str, str]],
    sheet: Sequence[str],
    question: str,
    answers: Sequence[str],
) -> bool:
    """Whether rows are answers: several sheets, most questions asked in several, answered apart.

    A robot that says the same to whoever asks the same is none.
    """
    sheets = _count(rows, sheet)
    asked = Counter(key[-1] for key in {_key(row, (*sheet, question)) for row in rows})
    shared = sum(times > 1 for times in asked.values())
    return (
        len(asked) > 1
        and sheets > 1
        and len(rows) >= _FEWEST_ANSWERS * sheets
        and shared >= _SHARED * len(asked)
        and _count(rows, (question, *answers)) > len(asked)
    )


def _framed(
    rows: Sequence[Mapping[str, str]], sheet: Sequence[str], others: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Part the columns into those that say one thing on all rows of a sheet, and the rest.

    A time of each answer counts as one of the sheet: its first one.
    """
    sheets = _count(rows, sheet)
    frame, beside = list(sheet), list[str]()
    for column in others:
        if column in frame:
            continue
        is_same = _count(rows, (*sheet, column)) <= sheets
        (frame if is_same or candidates("occurred_at", [column]) else beside).append(column)
    return frame, beside


def _name_in_sheet(column: str) -> str:
    """Return what a column beside the answers is called in a sheet: itself, or an answer."""
    fixed = map(comparable, read_toml("surveys.toml")["generic"]["fixed"])
    if comparable(column) in set(fixed) or person_by_name(column) is not None:
        return column
    return column if candidates("occurred_at", [column]) else f"{CHOSEN}.{column}"


def _is_written(
    rows: Sequence[Mapping[str, str]], question: str, wording: str, kind: str | None
) -> bool:
    """Whether the file says that a question asked for words."""
    if kind is None:
        return False
    told = {row[kind] for row in rows if row[question] == wording and row[kind]}
    return bool(told) and all(re.search(_data()["written"], value) for value in told)


def _stand_together(rows: Sequence[Mapping[str, str]], sheet: Sequence[str]) -> bool:
    keys = [_key(row, sheet) for row in rows]
    return sum(1 for _ in groupby(keys)) == len(set(keys))
