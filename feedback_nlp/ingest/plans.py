"""How one file is read: survey, known layout, chat, several texts, or one text a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.errors import UnknownLayout
from feedback_nlp.ingest.fields import FIELDS, storable
from feedback_nlp.ingest.items import ItemBuilder, RowMapping
from feedback_nlp.ingest.keys import OccurrenceCounter
from feedback_nlp.ingest.kinds import kind_of
from feedback_nlp.ingest.layouts import Layout, recognise
from feedback_nlp.ingest.looks import is_number
from feedback_nlp.ingest.people import Person, person_by_name
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import is_star_scale, parse_rating
from feedback_nlp.ingest.relative_times import is_relative
from feedback_nlp.ingest.resolve import (
    Resolution,
    Wishes,
    describe_dropped,
    missing,
    resolve,
    suggestion,
)
from feedback_nlp.ingest.sessions import joined_lines
from feedback_nlp.ingest.speakers import (
    ChatColumns,
    chat_columns,
    has_dialogues,
    split_dialogue,
    without_frame,
)
from feedback_nlp.ingest.surveys import (
    SheetReader,
    SurveyLayout,
    classify_questions,
    recognise_questions,
    recognise_survey,
)
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.ingest.wide import WideReader, several_texts
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection

Items = Callable[[int, Mapping[str, Any]], Iterator[RawItem | Rejection]]
_STORED_WORDS = 30


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What becomes of a column: a Chinese word and, if it is not stored, why."""

    column: str
    use: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants: zone of bare times, wishes about columns, date of the file."""

    zone: ZoneInfo
    wishes: Wishes
    as_of: datetime | None = None
    is_plain: bool = False


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

    def joined(self, items: Iterable[RawItem | Rejection]) -> Iterator[RawItem | Rejection]:
        """Join the lines of a chat's sessions; other files pass through."""
        return joined_lines(items) if self.is_chat else iter(items)

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether times, ratings and numbers of a row read as such: else its cells are shifted."""
        if not all(is_number(text) for name in self.numbers if (text := plain(values.get(name)))):
            return False
        time = values.get(self.mapping.get("occurred_at", ""))
        if plain(time) and parse_time(time, self.zone) is None and not is_relative(plain(time)):
            return False
        rating = values.get(self.mapping.get("rating", ""))
        return not plain(rating) or parse_rating(rating) is not None


def plan_reading(
    columns: Sequence[str], sample: Sequence[Mapping[str, Any]], wanted: Wanted
) -> Plan:
    """Decide how a file is read.

    Args:
        columns: Headers of the file.
        sample: The first rows, flat.
        wanted: What the person asked for.

    Raises:
        UnknownLayout: If no column can be taken for the text.
    """
    survey = recognise_survey(columns)
    layout = recognise(columns) if survey is None else None
    found = resolve(
        columns,
        sample,
        wanted.zone,
        wanted.wishes,
        layout.mapping(columns).columns if layout else None,
    )
    if survey is None and layout is None and not _is_named(found):
        survey = recognise_questions(columns)
    if survey is not None:
        return _survey_plan(survey, columns, sample, wanted, found)
    return _row_plan(layout, columns, sample, wanted, found)


def _is_named(found: Resolution) -> bool:
    """Whether a text column was found by a name that is no question."""
    text = next(iter(found.fields.get("text", ())), None)
    return text is not None and "text" not in found.guessed and not text.endswith(("?", "？"))


def _survey_plan(
    survey: SurveyLayout,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    found: Resolution,
) -> Plan:
    given = wanted.wishes.given
    kept = [column for column in columns if column not in wanted.wishes.drop]
    questions = classify_questions(survey, kept, sample, open_column=given.get("text"))
    people = [
        column
        for column in found.fields.get("author", ())
        if column not in survey.author and column not in questions.open
    ]
    reader = SheetReader(
        survey, questions, wanted.zone, OccurrenceCounter(), wanted.as_of, tuple(people)
    )
    mapping = {"source_key": survey.key, "occurred_at": given.get("occurred_at", survey.time)}
    mapping |= {"text": "、".join(questions.open)}
    if questions.rating:
        mapping["rating"] = questions.rating
    mapping = {name: column for name, column in mapping.items() if column}
    uses, lost = [], []
    authors = {*survey.author, *people}
    for column in columns:
        if column in questions.open:
            uses.append(ColumnUse(column, "正文（文字题）"))
        elif column in mapping.values():
            name = next(name for name, taken in mapping.items() if taken == column)
            uses.append(ColumnUse(column, FIELDS[name]))
        elif column in questions.closed:
            uses.append(ColumnUse(column, "附加信息"))
        elif column in authors:
            uses.append(ColumnUse(column, "用户（只存哈希）"))
        else:
            private = (
                person_by_name(column) is not None or found.dropped.get(column) == "是个人信息"
            )
            why = "是个人信息" if private else "不是题目或答案认不出"
            uses.append(ColumnUse(column, "不保存", why))
            lost.append((column, why))
    people_lost = [column for column, why in lost if why == "是个人信息"]
    remarks = [f"没有保存的列——是个人信息：{'、'.join(people_lost)}"] if people_lost else []
    rest = [column for column, why in lost if why != "是个人信息" and found.looks[column].filled]
    if rest and survey.name == "survey":
        remarks.append(f"没有保存的列——不是题目：{'、'.join(rest[:12])}")
    if not survey.time:
        remarks.append("没有找到时间列，所有反馈都按导入时间算")
    return Plan(
        layout=survey.name,
        label=survey.label,
        kind=SourceKind.SURVEY,
        mapping=mapping,
        items=reader.items,
        uses=tuple(uses),
        remarks=tuple(remarks),
        hides=_has_people(columns),
        zone=wanted.zone,
    )


def _row_plan(
    layout: Layout | None,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    found: Resolution,
) -> Plan:
    chat = chat_columns(found.looks) if layout is None else None
    if chat is not None:
        for column in (chat.role, chat.own, chat.kind):
            found.kept.discard(column or "")
            found.dropped.pop(column or "", None)
    text = next(iter(found.fields.get("text", ())), None)
    texts = several_texts(found.looks, text) if layout is None and chat is None else None
    if text is None and texts is not None:
        text = texts.columns[0]
        texts = type(texts)(
            tuple(c for c in texts.others if c != text), tuple(c for c in texts.parts if c != text)
        )
        found.fields["text"] = [text]
    if text is None:
        raise _unknown(columns, found)
    kind = layout.kind if layout else kind_of(columns)
    if kind is None and found.fields.get("rating") and not found.fields.get("app_version"):
        kind = SourceKind.REVIEW
    words, speaks = _words(layout, columns, found, text, kind)
    mapping = _without_other_scales(
        RowMapping(
            found.fields,
            channel=layout.channel if layout else None,
            key_pattern=layout.key_pattern if layout else None,
            skips=layout.skips if layout else (),
            keeps=found.keeps,
            clock=found.clock,
            read_at=wanted.as_of,
            words=words,
        ),
        sample,
        found,
    )
    tally: Counter[str] = Counter()
    builder = ItemBuilder(mapping, wanted.zone, tally=tally)
    if texts is not None and texts.columns:
        for column in texts.columns:
            found.kept.discard(column)
            found.dropped.pop(column, None)
    items: Items
    if texts is not None and texts.columns:
        items = WideReader(builder, texts).items
    else:
        items = _one_a_row(builder, chat, text)
    present = set(columns)
    taken = {
        name: next((column for column in group if column in present), group[0])
        for name, group in mapping.columns.items()
        if group
    }
    remarks = [*found.notes, *missing(found, columns), *speaks, *describe_dropped(found)]
    if texts is not None and texts.columns:
        remarks.append(f"{'、'.join(texts.columns[:8])} 各自算一条反馈")
    if kind is None and layout is None and not wanted.is_plain:
        remarks.append("看不出是哪类来源，新来源按应用内反馈登记；不对请用 --kind 指明")
    return Plan(
        layout=layout.name if layout else "generic",
        label=layout.label if layout else "通用表格",
        kind=kind,
        mapping=taken,
        items=items,
        uses=_uses(columns, found, mapping, texts.columns if texts else (), chat),
        remarks=tuple(remarks),
        hides=_has_people(columns) or "是个人信息" in found.dropped.values(),
        numbers=tuple(c for c in columns if c != text and found.looks[c].numbers >= 0.9),
        zone=wanted.zone,
        tally=tally,
        is_chat=chat is not None
        and bool(found.fields.get("thread_key") or found.fields.get("author")),
    )


def _one_a_row(builder: ItemBuilder, chat: ChatColumns | None, text: str) -> Items:
    def items(line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        aside = chat.set_aside(row, plain(row.get(text))) if chat is not None else None
        if aside is not None:
            yield builder.rejection(line, *aside, {})
        else:
            yield builder.build(line, row)

    return items


def _words(
    layout: Layout | None,
    columns: Sequence[str],
    found: Resolution,
    text: str,
    kind: SourceKind | None,
) -> tuple[Callable[[str], str | None], list[str]]:
    looks = found.looks.get(text)
    if layout is None and looks is not None and has_dialogues(looks.values):
        return split_dialogue, [f"列“{text}”里是对话，只取用户说的话"]
    tickets = any("工单" in column or "ticket" in column.casefold() for column in columns)
    agents = any(person_by_name(column) is Person.AGENT for column in columns)
    if layout is None and kind is SourceKind.SUPPORT and (tickets or agents):
        return without_frame, ["按客服记录读：去掉了“用户反馈”等转述的开头和商品名"]
    return (lambda said: said), []


def _without_other_scales(
    mapping: RowMapping, sample: Sequence[Mapping[str, Any]], found: Resolution
) -> RowMapping:
    """Leave a 0–10 or 0–100 score out of the rating; it stays an extra value under its name."""
    group = mapping.columns.get("rating", ())
    if is_star_scale(plain(row.get(column)) for row in sample for column in group):
        return mapping
    found.kept.update(group)
    found.notes.append(f"列“{group[0]}”有大于 5 的分数，不是星级，按原样保存")
    del found.fields["rating"]
    return mapping


def _uses(
    columns: Sequence[str],
    found: Resolution,
    mapping: RowMapping,
    texts: Sequence[str],
    chat: ChatColumns | None,
) -> tuple[ColumnUse, ...]:
    by_column: dict[str, str] = {}
    for name, group in mapping.columns.items():
        for column in group:
            by_column.setdefault(column, name)
    roles = {chat.role, chat.own, chat.kind} if chat else set()
    uses = []
    for column in columns:
        if column in by_column:
            name = by_column[column]
            guess = "（猜的）" if name in found.guessed else ""
            word = "用户（只存哈希）" if name == "author" else FIELDS[name]
            uses.append(ColumnUse(column, word + guess))
        elif column == found.clock:
            uses.append(ColumnUse(column, "时间（几点几分）"))
        elif column in texts:
            uses.append(ColumnUse(column, "正文（另一条反馈）"))
        elif column in roles:
            uses.append(ColumnUse(column, "谁在说话"))
        elif found.keeps(column):
            uses.append(ColumnUse(column, "附加信息"))
        else:
            uses.append(ColumnUse(column, "不保存", found.dropped.get(column) or "是空的"))
    return tuple(uses)


def _has_people(columns: Sequence[str]) -> bool:
    return any(person_by_name(column) is not None for column in columns)


def _unknown(columns: Sequence[str], found: Resolution) -> UnknownLayout:
    """Name the columns found and write out the option, guessing the wordiest column."""
    shown = "、".join(columns[:30]) + ("……" if len(columns) > 30 else "")
    example = suggestion(found, columns) or "列名"
    return UnknownLayout(
        storable(f"看不出哪一列是反馈正文。文件的列：{shown}"),
        hint=storable(f"用 --map 指明，例如 --map '{example}=text'"),
    )
