"""Opens a file as items: recognises its layout, else resolves aliases, else asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError, UnknownLayout
from feedback_nlp.ingest.columns import find_given, resolve_columns
from feedback_nlp.ingest.fields import storable
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.ingest.items import ItemBuilder, RowMapping, plain
from feedback_nlp.ingest.keys import OccurrenceCounter
from feedback_nlp.ingest.layouts import Layout, recognise
from feedback_nlp.ingest.ratings import is_star_scale
from feedback_nlp.ingest.surveys import (
    SAMPLE_ROWS,
    SheetReader,
    SurveyLayout,
    classify_questions,
    recognise_survey,
)
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular import Row, Table, open_table

EXPECTED_REASONS = frozenset({"blank-text", "admin-post", "not-feedback"})
"""Rejections that belong to a healthy file: ratings without words, posts by the team."""

Items = Callable[[int, Mapping[str, Any]], Iterator[RawItem | Rejection]]


@dataclass(frozen=True, slots=True)
class SourceReading:
    """An open file of feedback.

    Attributes:
        layout: Name of the layout; ``generic`` if aliases or a person resolved it.
        label: Its Chinese name.
        kind: What kind of source writes it, if the layout tells.
        columns: Headers of the file.
        mapping: The column each field is taken from.
        items: Every record once, in order; can be read once.
        path: The file that is read (standard input: the spooled copy).
        notes: Chinese remarks for the person who started it.
    """

    layout: str
    label: str
    kind: SourceKind | None
    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    items: Iterator[RawItem | Rejection]
    path: Path
    notes: tuple[str, ...] = ()


@contextmanager
def open_source(
    source: Path | BinaryIO,
    *,
    zone: ZoneInfo,
    mapping: Mapping[str, str] | None = None,
    saved: Mapping[str, str] | None = None,
    format: str | None = None,  # noqa: A002 - the user's word
    sheet: str | None = None,
) -> Iterator[SourceReading]:
    """Open a file, standard input (``-``) or a stream as items of feedback.

    Args:
        source: What to read.
        zone: Zone of times that name none.
        mapping: Column by field, named by a person for this file: must be there.
        saved: Column by field from an earlier file of the source: used where present.
        format: See :func:`feedback_nlp.tabular.open_table`.
        sheet: Sheet of a workbook.

    Raises:
        FileUnreadable: If the file is missing, a directory, empty, damaged or too large.
        UnknownLayout: If no column can be taken for the text.
        InputError: If there is no row below the header, or a named column is not there.
    """
    with open_table(source, format=format, sheet=sheet) as table:
        rows = _flat(table)
        sample = list(islice(rows, SAMPLE_ROWS))
        if not sample:
            raise InputError("文件只有表头，没有数据", hint="至少要有一行反馈")
        columns = _columns(table, sample)
        given = {**_present(columns, saved or {}), **find_given(columns, mapping or {})}
        sampled = [row.values for row in sample if isinstance(row, Row)]
        reading = _choose(columns, given, sampled, zone)
        layout, mapped, items = reading
        yield SourceReading(
            layout=layout.name if layout else "generic",
            label=layout.label if layout else "通用表格",
            kind=_kind(layout),
            columns=columns,
            mapping=mapped,
            items=_items(chain(sample, rows), items),
            path=table.path,
            notes=_notes(table),
        )


def text_and_key_columns(
    columns: Sequence[str], given: Mapping[str, str] | None = None
) -> tuple[str | None, str | None]:
    """Find the columns of text and key: named by a person, by a layout, or by alias sets.

    Raises:
        InputError: If a named column is not in the file.
    """
    named = find_given(columns, given or {})
    layout = recognise(columns)
    if layout is None:
        resolved: Mapping[str, str] = resolve_columns(columns, given)
    else:
        chosen = layout.mapping(columns).columns
        present = set(columns)
        resolved = {
            name: next((column for column in chosen[name] if column in present), chosen[name][0])
            for name in ("text", "source_key")
        } | named
    return resolved.get("text"), resolved.get("source_key")


def _choose(
    columns: Sequence[str],
    given: Mapping[str, str],
    sample: Sequence[Mapping[str, Any]],
    zone: ZoneInfo,
) -> tuple[Layout | SurveyLayout | None, dict[str, str], Items]:
    if (survey := recognise_survey(columns)) is not None:
        questions = classify_questions(survey, columns, sample, open_column=given.get("text"))
        reader = SheetReader(survey, questions, zone, OccurrenceCounter())
        mapped = {"source_key": survey.key, "occurred_at": survey.time}
        return survey, mapped | {"text": "、".join(questions.open)}, reader.items
    layout = recognise(columns)
    if layout is not None:
        row_mapping = layout.mapping(columns)
        chosen = {**row_mapping.columns, **{name: [column] for name, column in given.items()}}
        row_mapping = RowMapping(
            chosen, row_mapping.channel, row_mapping.key_pattern, row_mapping.skips
        )
    else:
        resolved = resolve_columns(columns, given)
        if "text" not in resolved:
            raise _unknown(columns, sample)
        row_mapping = RowMapping({name: [column] for name, column in resolved.items()})
    row_mapping = _without_other_scales(row_mapping, sample)
    builder = ItemBuilder(row_mapping, zone)
    present = set(columns)
    mapped = {
        name: next((column for column in group if column in present), group[0])
        for name, group in row_mapping.columns.items()
    }

    def items(line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        yield builder.build(line, row)

    return layout, mapped, items


def _without_other_scales(mapping: RowMapping, sample: Sequence[Mapping[str, Any]]) -> RowMapping:
    """Leave a 0–10 or 0–100 score out of the rating; it stays an extra value under its name."""
    group = mapping.columns.get("rating", ())
    if is_star_scale(plain(row.get(column)) for row in sample for column in group):
        return mapping
    columns = {name: group for name, group in mapping.columns.items() if name != "rating"}
    return RowMapping(columns, mapping.channel, mapping.key_pattern, mapping.skips)


def _items(rows: Iterator[Row | Rejection], items: Items) -> Iterator[RawItem | Rejection]:
    for row in rows:
        if isinstance(row, Rejection):
            yield row
        else:
            yield from items(row.line, row.values)


def _flat(table: Table) -> Iterator[Row | Rejection]:
    if table.format not in ("json", "jsonl", "parquet"):
        return table.rows
    return (Row(r.line, flatten(r.values)) if isinstance(r, Row) else r for r in table.rows)


def _columns(table: Table, sample: Sequence[Row | Rejection]) -> tuple[str, ...]:
    if table.format not in ("json", "jsonl", "parquet"):
        return table.columns
    names: dict[str, None] = {}
    for row in sample:
        if isinstance(row, Row):
            names.update(dict.fromkeys(row.values))
    return tuple(names)


def _present(columns: Sequence[str], saved: Mapping[str, str]) -> dict[str, str]:
    return {name: column for name, column in saved.items() if column in columns}


def _kind(layout: Layout | SurveyLayout | None) -> SourceKind | None:
    match layout:
        case Layout():
            return layout.kind
        case SurveyLayout():
            return SourceKind.SURVEY
        case _:
            return None


def _notes(table: Table) -> tuple[str, ...]:
    if not table.other_sheets:
        return ()
    return (f"只读了一个工作表；另有 {'、'.join(table.other_sheets)}，要读就指定工作表",)


def _unknown(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> UnknownLayout:
    """Name the columns found and write out the option, guessing the wordiest column."""

    def chars(column: str) -> int:
        return sum(len(text) for row in sample if isinstance(text := row.get(column), str))

    shown = "、".join(columns[:30]) + ("……" if len(columns) > 30 else "")
    example = max(columns, key=chars, default="列名")
    return UnknownLayout(
        storable(f"看不出哪一列是反馈正文。文件的列：{shown}"),
        reason="no-text-column",
        example=storable(example),
    )
