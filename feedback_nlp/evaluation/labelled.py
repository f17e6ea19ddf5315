"""Labels as people write them: 负面, neg, −1, 差评 … become the product's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent, Sentiment, label
from feedback_nlp.records import Rejection, Span
from feedback_nlp.resources import read_tables
from feedback_nlp.tabular import open_table

_WORDS = "lexicons/label_words.toml"


@cache
def _words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return read_tables(_WORDS)


@cache
def _sentiments() -> Mapping[str, Sentiment]:
    return {
        word: value
        for value in Sentiment
        for word in (value.value, label(value), *_words()["sentiment"][value])
    }


@cache
def _intents() -> Mapping[str, Intent]:
    return {
        word: value
        for value in Intent
        for word in (value.value, label(value), *_words()["intent"][value])
    }


@dataclass(frozen=True, slots=True)
class LabelledUnit:
    """A unit that a person marked; labels may be missing."""

    span: Span
    sentiment: Sentiment | None = None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with what a person says about it.

    Attributes:
        line: 1-based line of the file.
        text: What was said.
        sentiment: Of the whole text, or ``None``.
        intent: Of the whole text, or ``None``.
        units: Its units, or ``None`` if the file does not mark them.
    """

    line: int
    text: str
    sentiment: Sentiment | None = None
    intent: Intent | None = None
    units: tuple[LabelledUnit, ...] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; ``None`` where the file has none."""

    text: str
    sentiment: str | None
    intent: str | None
    units: str | None


def find_columns(
    names: Sequence[str],
    *,
    text: str | None = None,
    sentiment: str | None = None,
    intent: str | None = None,
) -> Columns:
    """Recognise the columns of a labelled file, or take the named ones.

    Raises:
        InputError: If a named column is missing, or no text or no label column is found.
    """
    listed = "、".join(names) or "（没有列）"
    aliases = _words()["columns"]

    def choose(wanted: str | None, known: Sequence[str]) -> str | None:
        if wanted is not None:
            if wanted not in names:
                raise InputError(f"没有名为 {wanted} 的列", hint=f"文件里的列：{listed}")
            return wanted
        lowered = {name.strip().lower(): name for name in reversed(names)}
        return next((lowered[alias] for alias in known if alias in lowered), None)

    found = Columns(
        choose(text, aliases["text"]) or "",
        choose(sentiment, aliases["sentiment"]),
        choose(intent, aliases["intent"]),
        choose(None, aliases["units"]),
    )
    if not found.text:
        raise InputError("找不到文本列", reason="text-column-unknown", columns=listed)
    if not (found.sentiment or found.intent or found.units):
        raise InputError("找不到标注列", reason="label-columns-unknown", columns=listed)
    return found


def parse_row(line: int, values: Mapping[str, Any], columns: Columns) -> LabelledText:
    """Read one row; blank labels are allowed and leave the row out of that figure.

    Raises:
        InputError: If a label is not known or the units cannot be read.
    """
    sentiment = _word(values, columns.sentiment)
    intent = _word(values, columns.intent)
    if sentiment and sentiment not in _sentiments():
        raise InputError(
            f"第 {line} 行的情感 {sentiment!r} 不认识", hint="可用：负面、中性、正面、褒贬都有"
        )
    if intent and intent not in _intents():
        raise InputError(
            f"第 {line} 行的意图 {intent!r} 不认识", hint="可用：故障、建议、抱怨、咨询、表扬、其他"
        )
    text = str(values.get(columns.text) or "")
    return LabelledText(
        line,
        text,
        _sentiments().get(sentiment),
        _intents().get(intent),
        _units(line, text, values.get(columns.units)) if columns.units else None,
    )


def _word(values: Mapping[str, Any], column: str | None) -> str:
    value = values.get(column) if column else None
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower()


def _units(line: int, text: str, value: Any) -> tuple[LabelledUnit, ...] | None:
    if value is None or value == "":
        return None
    try:
        items = json.loads(value) if isinstance(value, str) else value
        units = []
        for item in items:
            span = Span(int(item["start"]), int(item["end"]))
            if not 0 <= span.start < span.end <= len(text):
                raise ValueError("outside the text")
            sentiment, intent = item.get("sentiment"), item.get("intent")
            units.append(
                LabelledUnit(
                    span,
                    Sentiment(sentiment) if sentiment else None,
                    Intent(intent) if intent else None,
                )
            )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"第 {line} 行的 units 读不懂",
            hint="应是数组，每项有 start、end，可有 sentiment、intent，下标在文本之内",
        ) from error
    return tuple(units)


def read_labelled(
    file: Path, *, text: str | None, sentiment: str | None, intent: str | None
) -> tuple[list[LabelledText], int]:
    """Read a labelled file; return its rows with text, and how many had none.

    Raises:
        InputError: If columns or labels cannot be understood, or no row has text.
    """
    items: list[LabelledText] = []
    skipped_count = 0
    with open_table(file) as table:
        columns = find_columns(table.columns, text=text, sentiment=sentiment, intent=intent)
        for row in table.rows:
            if isinstance(row, Rejection):
                skipped_count += 1
                continue
            item = parse_row(row.line, row.values, columns)
            if item.text.strip():
                items.append(item)
            else:
                skipped_count += 1
    if not items:
        raise InputError(f"{file} 里没有一行有文本", reason="text-column-empty")
    return items, skipped_count
