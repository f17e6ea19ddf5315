"""Opens a file as items: recognises its layout, else reads names and content, else asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from feedback_nlp.clean.content import has_no_content
from feedback_nlp.errors import InputError
from feedback_nlp.ingest.answer_rows import LOOK_ROWS, AnswerRows, answers_in_rows
from feedback_nlp.ingest.choices import NO_CHOICES, Choices
from feedback_nlp.ingest.columns import comparable, find_given
from feedback_nlp.ingest.contacts import SEALED, ContactColumns
from feedback_nlp.ingest.dating import dating_of
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.plan import ColumnUse, Plan, Wanted
from feedback_nlp.ingest.plans import plan_reading
from feedback_nlp.ingest.relative_times import is_relative
from feedback_nlp.ingest.resolution import OTHERS_SAID
from feedback_nlp.ingest.resolve import Wishes
from feedback_nlp.ingest.surveys import SAMPLE_ROWS
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular import (
    DEFAULT_LIMITS,
    Row,
    Table,
    open_table,
)
from feedback_nlp.tabular.repeated_names import told as told_of_repeated
from feedback_nlp.tabular.rows import RAW_CHARS, too_many_columns

EXPECTED_REASONS = frozenset(
    {
        "blank-text",
        "admin-post",
        "not-feedback",
        "not-customer",
        "not-words",
        "trial-answers",
        "merged-line",
        "header-repeated",
    }
)
"""Rejections that belong to a healthy file: ratings without words, lines of the team."""

_LOOK = 50
_NESTED = ("json", "jsonl", "parquet", "xml")
_TALLIES = {
    "time-raw": "{n} 条的时间看不懂，按导入时间算，原文记在 time_raw",
    "day-above": "{n} 条没有写日期，按上面一行的日期算",
    "undated": "{n} 条没有时间，按导入时间算",
    "rating-raw": "{n} 条的评分看不懂，没有算成星级，原文记在 rating_raw",
    "key-rounded": "{n} 条的编号被表格软件四舍五入了，编号改由正文、用户和时间算出",
    "replied": "{n} 条带有开发者、商家或客服的回复，回复没有保存",
    "surplus": "{n} 行比表头多出单元格，行已保留，多出的单元格没有保存",
    "joined": "{n} 行的正文里有没加引号的分隔符，已按表头拼回",
    "merged-line": "{n} 行消息并入了同一会话的上一条反馈",
    "not-customer": "{n} 行是客服、机器人或系统说的，不算反馈",
    "trial-answers": "{n} 份是预览或测试答卷，不算反馈",
    "not-words": "{n} 行是图片、撤回或系统提示，不算反馈",
    "header-repeated": "{n} 行是重复的表头，不算反馈",
    "no-content": "{n} 条没有说出内容（如系统默认好评、只有表情或 @ 别人），存下但不算进问题和情绪",
    "relative-time": "{n} 条的时间没有年份或是相对的（如 6月3日、3天前），没有导入；请说明文件是哪天导出的",
}


@dataclass(frozen=True, slots=True)
class SourceReading:
    """An open file of feedback.

    Attributes:
        layout: Name of the layout; ``generic`` if names and content resolved it.
        label: Its Chinese name.
        kind: What kind of source writes it, if layout or columns tell.
        columns: Headers of the file.
        mapping: The column each field is taken from.
        items: Every record once, in order; can be read once.
        path: The file that is read (standard input: the spooled copy).
        uses: What becomes of each column.
        hides: Whether the file has personal columns, so that no raw line may be kept.
        remarks: Chinese remarks known from the first rows.
        tally: Counts that grow while the items are read.
        sheets: The table read, which says at the end which sheets were.
    """

    layout: str
    label: str
    kind: SourceKind | None
    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    items: Iterator[RawItem | Rejection]
    path: Path
    uses: tuple[ColumnUse, ...] = ()
    hides: bool = False
    remarks: tuple[str, ...] = ()
    tally: Counter[str] = field(default_factory=Counter)
    sheets: Table | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Chinese remarks for the person who started it; complete once the items are read."""
        counts = dict(self.tally)
        counts["undated"] = counts.get("undated", 0) - counts.get("time-raw", 0)
        if any("时间列" in remark for remark in self.remarks):
            counts["undated"] = 0
        remarks = self.remarks
        if any(OTHERS_SAID in remark for remark in remarks) and (n := counts.pop("replied", 0)):
            remarks = tuple(
                f"{remark}；带有回复的 {n} 条" if OTHERS_SAID in remark else remark
                for remark in remarks
            )  # one remark: the columns, and how many rows had any of it
        told = [text.format(n=counts[name]) for name, text in _TALLIES.items() if counts.get(name)]
        repeated = told_of_repeated(self.sheets.repeated_names) if self.sheets else ()
        return (*remarks, *_notes(self.sheets), *repeated, *told)


@contextmanager
def open_source(
    source: Path | BinaryIO,
    *,
    zone: ZoneInfo,
    mapping: Mapping[str, str] | None = None,
    saved: Mapping[str, str] | None = None,
    format: str | None = None,  # noqa: A002 - the user's word
    sheet: str | None = None,
    choices: Choices = NO_CHOICES,
) -> Iterator[SourceReading]:
    """Open a file, standard input (``-``) or a stream as items of feedback.

    Args:
        source: What to read.
        zone: Zone of times that name none.
        mapping: Column by field, named by a person for this file: must be there.
        saved: Column by field from an earlier file of the source: used where present.
        format: See :func:`feedback_nlp.tabular.open_table`.
        sheet: Sheet of a workbook.
        choices: Header, date of the file, columns to drop and keep.

    Raises:
        FileUnreadable: If the file is missing, a directory, empty, damaged or too large.
        UnknownLayout: If no column can be taken for the text.
        InputError: If there is no row below the header, or a named column is not there.
    """
    with open_table(source, format=format, sheet=sheet, header=choices.header) as table:
        rows = _flat(table)
        sample = list(islice(rows, SAMPLE_ROWS))
        if not sample:
            raise InputError("文件只有表头，没有数据", hint="至少要有一行反馈")
        columns = _columns(table, sample)
        by_answer = _by_answer(columns, sample, mapping, saved)
        if by_answer is not None:
            sample = list(chain(sample, islice(rows, LOOK_ROWS)))
            by_answer = _by_answer(columns, sample, mapping, saved) or by_answer
            rows = by_answer.sheets(chain(sample, rows))
            sample, columns = list(islice(rows, SAMPLE_ROWS)), by_answer.columns
        contact = ContactColumns.named(columns, choices.contact, choices.consent)
        given = {**_present(columns, saved or {}), **find_given(columns, mapping or {})}
        planned = columns
        if contact is not None:  # how the others are read does not hang on it
            planned = tuple(column for column in columns if column != contact.address)
            given = {name: column for name, column in given.items() if column in planned}
        wishes = Wishes(given, _named(columns, choices.drop), _named(columns, choices.keep))
        sampled = [
            row.values if contact is None else contact.without(row.values)
            for row in sample
            if isinstance(row, Row)
        ]
        dating = dating_of(table.preface, Path(table.path).stem, zone)
        wanted = Wanted(
            zone,
            wishes,
            choices.as_of or dating.made_at,
            None if choices.as_of else dating.period_end,
            is_plain=table.format == "lines",
            is_chat_log=table.format == "chat",
            preface=table.preface,
            answers=by_answer,
        )
        plan = plan_reading(planned, sampled, wanted)
        dated = () if choices.as_of or not _needs_dating(plan, sampled) else dating.remarks
        if contact is not None:
            sealed = ColumnUse(contact.address, SEALED)
            plan = replace(plan, uses=(*plan.uses, sealed), hides=True)
        tally = plan.tally
        yield SourceReading(
            layout=plan.layout,
            label=plan.label,
            kind=plan.kind,
            columns=columns,
            mapping=plan.mapping,
            items=_counted(plan.joined(_items(chain(sample, rows), plan, contact)), tally),
            path=table.path,
            uses=plan.uses,
            hides=plan.hides,
            remarks=(
                *table.notes,
                *(by_answer.remarks if by_answer else ()),
                *dated,
                *plan.remarks,
            ),
            tally=tally,
            sheets=table,
        )


def _items(
    rows: Iterator[Row | Rejection], plan: Plan, contact: ContactColumns | None
) -> Iterator[RawItem | Rejection]:
    def read(line: int, values: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        if contact is None:
            return plan.items(line, values)
        return contact.joined(plan.items(line, contact.without(values)), values)

    for row in rows:
        if isinstance(row, Rejection):
            yield Rejection(row.line, row.reason, row.detail, "") if plan.hides else row
        elif any(row.surplus):
            values = _rejoined(row, plan)
            if values is None:
                yield _shifted(row, plan)
                continue
            plan.tally["surplus" if values is row.values else "joined"] += 1
            yield from read(row.line, values)
        else:
            yield from read(row.line, row.values)


def _shifted(row: Row, plan: Plan) -> Rejection:
    names, cells = list(row.values), [*row.values.values(), *row.surplus]
    detail = f"有 {len(cells)} 列，表头是 {len(names)} 列，对不上是哪一格多出来的"
    raw = "" if plan.hides else ",".join(map(str, cells))
    return Rejection(row.line, "column-count", detail, raw[:RAW_CHARS])


def _rejoined(row: Row, plan: Plan) -> dict[str, Any] | None:
    """Undo a comma that was not quoted, where the text is the last column or cells are shifted.

    Returns:
        The row as it is if its cells fit the columns, so that what is beyond them is surplus;
        ``None`` if time or rating do not read as such either way.
    """
    names = list(row.values)
    text = plan.mapping.get("text", "")
    if text not in names:
        return row.values
    cells = [*row.values.values(), *row.surplus]
    at, extra = names.index(text), len(row.surplus)
    if at == len(names) - 1:
        return {**row.values, text: plan.delimiter.join(map(str, cells[at:]))}
    if plan.fits(row.values):
        return row.values
    joined = plan.delimiter.join(map(str, cells[at : at + extra + 1]))
    shifted = [*cells[:at], joined, *cells[at + extra + 1 :]]
    values = dict(zip(names, shifted, strict=True))
    return values if plan.fits(values) else None


def _counted(
    items: Iterator[RawItem | Rejection], tally: Counter[str]
) -> Iterator[RawItem | Rejection]:
    for item in items:
        if isinstance(item, Rejection):
            tally[item.reason] += 1
        elif has_no_content(item.text):
            tally["no-content"] += 1
        yield item


def _by_answer(
    columns: Sequence[str],
    sample: Sequence[Row | Rejection],
    *named: Mapping[str, str] | None,
) -> AnswerRows | None:
    """Return how a file writes an answer a row, unless somebody has named its text."""
    if any("text" in (mapping or {}) for mapping in named):
        return None
    return answers_in_rows(columns, [row.values for row in sample if isinstance(row, Row)])


def _flat(table: Table) -> Iterator[Row | Rejection]:
    if table.format not in _NESTED:
        return table.rows
    return (Row(r.line, flatten(r.values)) if isinstance(r, Row) else r for r in table.rows)


def _columns(table: Table, sample: Sequence[Row | Rejection]) -> tuple[str, ...]:
    if table.format not in _NESTED:
        return table.columns
    names: dict[str, None] = {}
    for row in sample:
        if isinstance(row, Row):
            names.update(dict.fromkeys(row.values))
    if len(names) > DEFAULT_LIMITS.max_columns:
        raise too_many_columns(len(names), DEFAULT_LIMITS)
    return tuple(names)


def _present(columns: Sequence[str], saved: Mapping[str, str]) -> dict[str, str]:
    return {name: column for name, column in saved.items() if column in columns}


def _named(columns: Sequence[str], wanted: Sequence[str]) -> frozenset[str]:
    """Match the columns to drop and to keep; one that is not there is an error."""
    by_name = {comparable(column): column for column in columns}
    for name in wanted:
        if comparable(name) not in by_name:
            raise InputError(f"文件里没有列 {name!r}", hint=f"文件的列：{'、'.join(columns[:30])}")
    return frozenset(by_name[comparable(name)] for name in wanted)


def _notes(table: Table | None) -> tuple[str, ...]:
    """Say which sheets of a workbook were read together, and which were not."""
    if table is not None and table.members:
        shown = "、".join(table.members[:12])
        more = f" 等 {len(table.members)} 个" if len(table.members) > len(shown.split("、")) else ""
        return (f"压缩包里的文件一起读了，行号接着数：{shown}{more}",)
    if table is None or not table.other_sheets:
        return ()
    joined = table.joined_sheets
    rest = [name for name in table.other_sheets if name not in joined]
    told = []
    if joined:
        told.append(f"表头相同的工作表一起读了：{'、'.join(joined)}")
    if rest:
        only = "没有读的工作表" if joined else "只读了一个工作表；另有"
        told.append(f"{only} {'、'.join(rest)}，要读就指定工作表")
    return tuple(told)


def _needs_dating(plan: Plan, sample: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first times of a file mean something only in relation to its date."""
    column = plan.mapping.get("occurred_at", "")
    return any(is_relative(plain(row.get(column))) for row in sample[:_LOOK] if row.get(column))
