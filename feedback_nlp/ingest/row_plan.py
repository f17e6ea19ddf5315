"""The plan for files with feedback in rows: layouts, chats, work orders, several texts a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from feedback_nlp.errors import UnknownLayout
from feedback_nlp.ingest.columns import comparable
from feedback_nlp.ingest.fields import FIELDS, UNKNOWN_KIND, storable
from feedback_nlp.ingest.items import ItemBuilder, RowMapping, is_total
from feedback_nlp.ingest.kinds import kind_of
from feedback_nlp.ingest.layouts import Layout
from feedback_nlp.ingest.looks import SAMPLE
from feedback_nlp.ingest.people import Person, is_said_by_others, person_by_name
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.plan import ColumnUse, Items, Plan, Wanted, has_people
from feedback_nlp.ingest.ratings import is_star_scale, tells_other_scale
from feedback_nlp.ingest.remarks import describe_dropped, missing, suggestion
from feedback_nlp.ingest.resolution import OTHERS_SAID, PERSONAL, Resolution
from feedback_nlp.ingest.speakers import (
    BrandMark,
    ChatColumns,
    NamedSpeakers,
    brand_marks,
    chat_columns,
    chat_log_columns,
    company_of,
    has_dialogues,
    is_official,
    is_team,
    is_team_name,
    split_dialogue,
    without_frame,
)
from feedback_nlp.ingest.wide import SeveralTexts, WideReader, comments_in, several_texts
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular.chat_log import SPEAKER

_OFFICIAL = "品牌、商家自己的账号或邮件系统发的，不算用户反馈"
# Who writes a review under the name of 客服 is still a buyer.
_REVIEWS = (SourceKind.REVIEW, SourceKind.APP_STORE, SourceKind.SURVEY)
_FEWEST_DAYS = 0.1  # of the rows
_PEOPLES_NAMES = re.compile("姓名|人$|^客户$")


def row_plan(
    layout: Layout | None,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    found: Resolution,
) -> Plan:
    """Return how a file with feedback in rows is read; see :func:`plan_reading`."""
    chat = _chat(layout, wanted, found)
    text, texts = _texts(layout, columns, found, chat)
    kind = layout.kind if layout else kind_of(columns, found.looks)
    if chat is not None and (chat.is_group or chat.is_stream):
        kind = SourceKind.SOCIAL
    if found.asks_people and (layout is None or kind is None):
        kind = SourceKind.SURVEY
    if kind is None and found.fields.get("rating") and not found.fields.get("app_version"):
        kind = SourceKind.REVIEW
    if kind is None and comparable(text) == "review" and not found.fields.get("app_version"):
        kind = SourceKind.REVIEW
    if kind is None and chat is not None and (chat.role or chat.own):
        kind = SourceKind.SUPPORT  # a team and its customers
    words, speaks = _words(layout, columns, sample, found, text, kind)
    accounts = _account_names(columns, found)
    brands = brand_marks(columns)
    _take(found, [mark.column for mark in brands])
    mapping = _without_other_scales(_mapping(layout, wanted, found, words, accounts), sample, found)
    tally: Counter[str] = Counter()
    builder = ItemBuilder(mapping, wanted.zone, tally=tally)
    reads_team = is_official if kind in _REVIEWS else _speaks_for_team
    items: Items = _one_a_row(builder, chat, text, accounts, brands, reads_team)
    if texts is not None and texts.columns:
        items = WideReader(builder, texts, kind is SourceKind.SUPPORT).items
    present = set(columns)
    taken = {
        name: next((column for column in group if column in present), group[0])
        for name, group in mapping.columns.items()
        if group
    }
    remarks = [*found.notes, *missing(found, columns), *speaks, *describe_dropped(found)]
    if texts is not None and texts.columns:
        quoted = "、".join(f"“{column}”" for column in texts.columns[:8])
        remarks.append(f"列{quoted}各自算一条反馈")
    if kind is None and layout is None and not wanted.is_plain:
        remarks.append(UNKNOWN_KIND)
    return Plan(
        layout=layout.name if layout else "generic",
        label=layout.label if layout else "通用表格",
        kind=kind,
        mapping=taken,
        items=items,
        uses=_uses(columns, found, mapping, texts.columns if texts else (), chat),
        remarks=tuple(remarks),
        hides=has_people(columns) or PERSONAL in found.dropped.values(),
        numbers=tuple(c for c in columns if c != text and found.looks[c].numbers >= 0.9),
        zone=wanted.zone,
        month_first=found.month_first,
        tally=tally,
        is_chat=chat is not None
        and not chat.only_customers  # what is added days later is said anew
        and (chat.is_group or kind is not SourceKind.SOCIAL)  # posts are not lines of one talk
        and bool(found.fields.get("thread_key") or found.fields.get("author")),
    )


def _chat(layout: Layout | None, wanted: Wanted, found: Resolution) -> ChatColumns | None:
    """Return the columns that tell who speaks, if any; they are not stored along."""
    chat = chat_columns(found.looks) if layout is None else None
    if wanted.is_chat_log:
        names = found.looks[SPEAKER].values if SPEAKER in found.looks else ()
        chat = chat_log_columns(names, wanted.preface)
        if not any(
            is_team(name) or is_team_name(name) or company_of(name) in chat.team_ends
            for name in names
        ):
            found.notes.append(
                "看不出聊天里谁是客服，所有人的话都算用户的；名字里没有“客服”的请先删去"
            )
    if chat is not None:
        _take(found, [column for column in (chat.role, chat.own, chat.kind) if column])
        if chat.role and chat.customer_begins and not found.fields.get("author"):
            found.fields["author"] = [chat.role]  # an id that says both who and on which side
    return chat


def _take(found: Resolution, columns: Sequence[str]) -> None:
    """Note that columns are used after all: neither kept along nor dropped."""
    for column in columns:
        found.kept.discard(column)
        found.dropped.pop(column, None)


def _texts(
    layout: Layout | None, columns: Sequence[str], found: Resolution, chat: ChatColumns | None
) -> tuple[str, SeveralTexts | None]:
    """Return the text column, and those of further texts in a row.

    Raises:
        UnknownLayout: If there is none.
    """
    text = next(iter(found.fields.get("text", ())), None)
    texts = None
    if layout is None and chat is None:
        texts = several_texts(found.looks, text)
    elif layout is not None and layout.comments:
        texts = comments_in(found.looks, text)
    if text is None and texts is not None:
        text = texts.columns[0]
        texts = replace(
            texts,
            others=tuple(c for c in texts.others if c != text),
            parts=tuple(c for c in texts.parts if c != text),
        )
        found.fields["text"] = [text]
        _take(found, [text])
    if text is None:
        raise _unknown(columns, found)
    if texts is not None:
        _take(found, texts.columns)
        beside = {*texts.times.values(), *texts.days.values(), *texts.authors.values()}
        found.kept -= beside  # said with the text itself
        found.dropped.update(dict.fromkeys(beside - found.used, ""))
    return text, texts


def _mapping(
    layout: Layout | None,
    wanted: Wanted,
    found: Resolution,
    words: Callable[[str, Mapping[str, Any]], str | None],
    accounts: Sequence[str],
) -> RowMapping:
    return RowMapping(
        found.fields,
        channel=layout.channel if layout else None,
        key_pattern=layout.key_pattern if layout else None,
        skips=layout.skips if layout else (),
        keeps=found.keeps,
        clock=found.clock,
        month_first=found.month_first,
        rating_scale=found.rating_scale,
        read_at=wanted.as_of,
        period_end=wanted.period_end,
        words=words,
        day_above=_days_stand_above(found),
        time_stands_in=found.time_stands_in,
        names=[c for c in found.looks if _PEOPLES_NAMES.search(c)],
        accounts=accounts,
        replies=[
            column
            for column, why in found.dropped.items()
            if why == OTHERS_SAID and found.looks[column].words > 0
        ],
    )


def _days_stand_above(found: Resolution) -> bool:
    """Whether a sheet without ids writes a day once, above all that was said on it."""
    times = found.fields.get("occurred_at", ())
    if len(times) != 1 or found.clock or found.time_stands_in or found.fields.get("source_key"):
        return False
    looks = found.looks.get(times[0])
    return (
        looks is not None
        and looks.rows > looks.filled >= 2
        and looks.share_filled >= _FEWEST_DAYS
        and looks.is_first_filled
        and looks.times == looks.distinct == 1.0
        and not any(":" in value or "：" in value for value in looks.values)
    )


def _account_names(columns: Sequence[str], found: Resolution) -> tuple[str, ...]:
    """Return the column with the name under which people write: not 博主 beside 评论人."""
    names = [
        column
        for column in columns
        if person_by_name(column) is Person.NAME
        and not is_said_by_others(column)
        and found.looks[column].filled
    ]
    spoken = [column for column in found.fields.get("author", ()) if column in names]
    if "author" in found.guessed:
        return tuple(found.fields["author"])
    return tuple(spoken[:1] or (names if len(names) == 1 else ()))


def _speaks_for_team(name: str) -> bool:
    return is_official(name) or is_team_name(name)


def _one_a_row(
    builder: ItemBuilder,
    chat: ChatColumns | None,
    text: str,
    accounts: Sequence[str],
    brands: Sequence[BrandMark],
    reads_team: Callable[[str], bool],
) -> Items:
    def items(line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        aside = chat.set_aside(row, plain(row.get(text))) if chat is not None else None
        if aside is not None:
            yield builder.rejection(line, *aside, {})
        elif any(
            isinstance(name := row.get(column), str) and reads_team(name) for column in accounts
        ) or any(mark.is_on(row) for mark in brands):
            yield builder.rejection(line, "not-customer", _OFFICIAL, {})
        else:
            yield builder.build(line, row)

    return items


def _words(
    layout: Layout | None,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    found: Resolution,
    text: str,
    kind: SourceKind | None,
) -> tuple[Callable[[str, Mapping[str, Any]], str | None], list[str]]:
    looks = found.looks.get(text)
    if layout is None and looks is not None:
        named = NamedSpeakers.of(columns)
        told = [named.with_roles(plain(row.get(text)), row) for row in sample[:SAMPLE]]
        if has_dialogues([said for said in told if said]):

            def spoken(said: str, row: Mapping[str, Any]) -> str | None:
                return split_dialogue(named.with_roles(said, row))

            return spoken, [f"列“{text}”里是对话，只取用户说的话"]
    tickets = any("工单" in column or "ticket" in column.casefold() for column in columns)
    agents = any(person_by_name(column) is Person.AGENT for column in columns)
    if layout is None and kind is SourceKind.SUPPORT and (tickets or agents):
        return (lambda said, _row: without_frame(said)), [
            "按客服记录读：去掉了“用户反馈”等转述的开头和商品名"
        ]
    return (lambda said, _row: said), []


def _without_other_scales(
    mapping: RowMapping, sample: Sequence[Mapping[str, Any]], found: Resolution
) -> RowMapping:
    """Leave a 0–10 or 0–100 score out of the rating; it stays an extra value under its name."""
    group = mapping.columns.get("rating", ())
    told = any(map(tells_other_scale, group))
    if mapping.rating_scale != 1.0 or (
        not told
        and is_star_scale(
            plain(row.get(column)) for row in sample if not is_total(row) for column in group
        )
    ):
        return mapping
    found.kept.update(group)
    why = "的表头说它不是五分制" if told else "有大于 5 的分数"
    found.notes.append(f"列“{group[0]}”{why}，不是星级，按原样保存")
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
    roles |= {mark.column for mark in brand_marks(columns)}
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


def _unknown(columns: Sequence[str], found: Resolution) -> UnknownLayout:
    """Name the columns found and write out the option, guessing the wordiest column."""
    shown = "、".join(columns[:30]) + ("……" if len(columns) > 30 else "")
    example = suggestion(found, columns) or "列名"
    return UnknownLayout(
        storable(f"看不出哪一列是反馈正文。文件的列：{shown}"),
        reason="no-text-column",
        example=storable(example),
    )
