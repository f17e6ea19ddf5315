"""Which column holds what: names first, then what the first rows look like.

A name only makes a column a candidate; its content must fit. What was taken, guessed,
left unused and dropped is written down for the person who started the import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.columns import aliases, candidates, comparable, own_name, read_toml
from feedback_nlp.ingest.extras import is_kept
from feedback_nlp.ingest.keys import is_rounded
from feedback_nlp.ingest.looks import Looks, look
from feedback_nlp.ingest.people import (
    Person,
    is_person_by_content,
    is_placeholder,
    is_said_by_others,
    person_by_name,
)
from feedback_nlp.ingest.plain import plain

_UNKNOWN, _OTHERS_SAID = "不认识的内容", "是别人的回复"
_REPLY = re.compile(r"(?i)回复|答复|reply|response")
_NUMBERED = re.compile(r"列\d+")
_NAMED_MARGIN = 0.35
_GUESS_ROWS = 3
_GUESS_WORDS = 0.35
_SEVERAL = 4
_OTHERS = ("楼主", "层主", "父", "上级", "被", "原", "视频", "帖子", "parent", "replyto", "target")
_ROUNDED = "里的编号被表格软件四舍五入了（如 7.30E+18）"
_DETAILS = ("详细内容", "详情", "详细描述", "补充说明", "问题详情", "具体描述")
_PLAIN_FIELDS = ("product", "channel", "app_version", "device", "region", "segment", "thread_key")
_COUNTS = ("reach",)


@dataclass
class Resolution:
    """What the columns of a file are.

    Attributes:
        fields: Columns by field, the first filled one of a row is taken.
        clock: Column with the time of day, where the date is in a column of its own.
        kept: Columns stored as extra values.
        dropped: Why a column is not stored, in Chinese, by column.
        guessed: Fields that were found by content alone.
        notes: Chinese remarks.
        looks: What each column looks like.
        open: Whether columns that come up later are judged by name.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    clock: str | None = None
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


@dataclass(frozen=True)
class Wishes:
    """What a person said about columns: fields by name, columns to drop and to keep."""

    given: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()


def resolve(
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    zone: ZoneInfo,
    wishes: Wishes,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Resolution:
    """Decide what each column is.

    Args:
        columns: Headers of the file.
        sample: The first rows, flat.
        zone: Zone of times that name none.
        wishes: What a person has named; ``given`` holds headers as the file writes them.
        known: Columns by field of a layout, if one was recognised.
    """
    found = Resolution(
        looks={column: look(column, sample, zone) for column in columns},
        forced=wishes.keep,
        banned=wishes.drop,
    )
    usable = [column for column in columns if column not in wishes.drop]
    for name, group in (known or {}).items():
        found.fields[name] = [column for column in group if column not in wishes.drop]
    for name, column in wishes.given.items():
        found.fields[name] = [column]
    _find_text(found, usable)
    _find_time(found, usable)
    _find_rating(found, usable)
    _find_key(found, usable, sample, is_given="source_key" in wishes.given)
    _find_author(found, usable, known is not None)
    _leave_rounded_threads(found)
    for name in (*_PLAIN_FIELDS, *_COUNTS, "crawled_at", "title"):
        _find_plain(found, name, usable)
    _title_is_text(found)
    _judge_rest(found, usable, wishes)
    found.fields = {name: group for name, group in found.fields.items() if group}
    return found


def _free(found: Resolution, columns: Sequence[str]) -> list[str]:
    return [column for column in columns if column not in found.used]


def _find_text(found: Resolution, columns: Sequence[str]) -> None:
    if found.fields.get("text"):
        return
    named = [c for c in candidates("text", columns) if person_by_name(c) is None]
    fits = {column: found.looks[column].words * _weight(found.looks[column]) for column in named}
    best = max(fits.values(), default=0.0)
    chosen = next((c for c in named if fits[c] > 0 and fits[c] >= _NAMED_MARGIN * best), None)
    if chosen is None and (guess := _guessed_text(found, columns)):
        chosen = guess
        found.guessed.add("text")
        found.notes.append(f"正文取自列“{chosen}”（按内容猜的）；不对请用 --map 列名=text 指明")
    if chosen is None and named:
        wordy = [c for c in named if found.looks[c].filled and found.looks[c].numbers < 0.5]
        chosen = next(iter(wordy or named))
    if chosen:
        found.fields["text"] = [chosen]
        detail = next((c for c in named if c in _DETAILS and c != chosen), None)
        if detail and found.looks[detail].words > 0 and not found.fields.get("title"):
            found.fields["text"], found.fields["title"] = [detail], [chosen]


def _weight(looks: Looks) -> float:
    return min(1.0, looks.share_filled + 0.5)


def _guessed_text(found: Resolution, columns: Sequence[str]) -> str | None:
    title = set(candidates("title", columns))
    scores = {}
    for column in columns:
        looks = found.looks[column]
        if column in title or column in found.used or own_name(column) is None:
            continue
        if looks.filled < _GUESS_ROWS or person_by_name(column) or looks.words < _GUESS_WORDS:
            continue
        if column.casefold().startswith(tuple(read_toml("aliases.toml")["not_beginning"]["text"])):
            continue
        scores[column] = looks.words * looks.share_filled
    return max(scores, key=scores.__getitem__, default=None)


def suggestion(found: Resolution, columns: Sequence[str]) -> str | None:
    """Return the column a person most likely means by the text, never a time, link or number."""
    fitting = {c: found.looks[c].words for c in columns if found.looks[c].words > 0}
    fitting = {
        c: words
        for c, words in fitting.items()
        if person_by_name(c) is None and not is_person_by_content(found.looks[c].values)
    }
    return max(fitting, key=fitting.__getitem__, default=None)


def _find_time(found: Resolution, columns: Sequence[str]) -> None:
    if not found.fields.get("occurred_at"):
        named = candidates("occurred_at", _free(found, columns))
        fitting = [c for c in named if found.looks[c].times >= 0.5]
        whole = [c for c in fitting if found.looks[c].clocks < 0.5]
        blank = [c for c in named if not found.looks[c].filled]
        clocks = [c for c in named if found.looks[c].clocks >= 0.5]
        chosen = next(iter(whole or blank), None)
        if chosen is None and not clocks:
            chosen = _guessed_time(found, columns)
        if chosen is None and clocks:
            days = [c for c in _free(found, columns) if _is_day(found.looks[c])]
            chosen = next(iter(days), None)
        if chosen is not None:
            found.fields["occurred_at"] = [chosen]
    taken = found.fields.get("occurred_at", ())
    if len(taken) == 1 and taken[0] in found.looks and _is_day(found.looks[taken[0]]):
        found.clock = next(
            (
                c
                for c in _free(found, columns)
                if found.looks[c].filled and found.looks[c].clocks >= 0.5
            ),
            None,
        )


def _is_day(looks: Looks) -> bool:
    """Whether a column holds dates without a time of day."""
    values = looks.values
    return bool(values) and looks.times >= 0.5 and not any(":" in v or "：" in v for v in values)


def _guessed_time(found: Resolution, columns: Sequence[str]) -> str | None:
    barred = tuple(read_toml("aliases.toml")["not_beginning"]["occurred_at"])
    crawled = set(candidates("crawled_at", columns))
    fitting = [
        c
        for c in _free(found, columns)
        if found.looks[c].times >= 0.8
        and found.looks[c].numbers < 0.5
        and c not in crawled
        and not is_said_by_others(c)
        and not comparable(c).startswith(barred)
        and person_by_name(c) is None
    ]
    if not fitting:
        return None
    found.guessed.add("occurred_at")
    found.notes.append(
        f"时间取自列“{fitting[0]}”（按内容猜的）；不对请用 --map 列名=time 指明".replace(
            "=time", "=occurred_at"
        )
    )
    return fitting[0]


def _find_rating(found: Resolution, columns: Sequence[str]) -> None:
    if not found.fields.get("rating"):
        for column in candidates("rating", _free(found, columns)):
            looks = found.looks[column]
            if not looks.filled or looks.ratings >= 0.5:
                found.fields["rating"] = [column]
                return
        if all(_NUMBERED.fullmatch(column) for column in columns):
            _guess_rating(found, columns)


def _guess_rating(found: Resolution, columns: Sequence[str]) -> None:
    """Take small whole numbers for stars in a sheet without a header."""
    for column in _free(found, columns):
        values = set(found.looks[column].values)
        if (
            found.looks[column].filled >= _GUESS_ROWS
            and 1 < len(values) <= 5
            and (values <= {"1", "2", "3", "4", "5"})
        ):
            found.fields["rating"] = [column]
            found.guessed.add("rating")
            found.notes.append(
                f"评分取自列“{column}”（按内容猜的）；不对请用 --map 列名=rating 指明"
            )
            return


def _find_key(
    found: Resolution,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    *,
    is_given: bool,
) -> None:
    group = found.fields.get("source_key")
    if not group:
        free = [c for c in _free(found, columns) if person_by_name(c) is None]
        group = candidates("source_key", free)[:3]
    good = []
    for column in group:
        why = None if is_given else _no_key(column, found, sample)
        if why is None:
            good.append(column)
            if column in found.looks and not is_given:
                break
        elif why:
            found.notes.append(f"列“{column}”{why}，不能当编号；编号改由正文、用户和时间算出")
            found.dropped.setdefault(column, "不能当编号")
    found.fields["source_key"] = good


def _no_key(column: str, found: Resolution, sample: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why a column is no key (blank: not worth a remark), or ``None`` if it is one."""
    looks = found.looks.get(column)
    if looks is None or not looks.filled:
        return None
    if any(is_rounded(value) for value in looks.values) or _all_rounded(looks.values):
        return _ROUNDED
    if comparable(column) == "编号" and looks.values[:3] == ("1", "2", "3"):
        return ""
    texts: dict[str, str] = {}
    conflicts = rows = 0
    text = next(iter(found.fields.get("text", ())), "")
    for row in sample:
        key = plain(row.get(column))
        if key:
            rows += 1
            said = plain(row.get(text))
            conflicts += texts.setdefault(key, said) != said
    if conflicts >= 2 and conflicts > 0.1 * rows:
        return "里不同的反馈用了同一个编号"
    return None


def _all_rounded(values: Sequence[str]) -> bool:
    """Whether long ids all end in zeros: a spreadsheet keeps 15 digits."""
    return len(values) >= 3 and all(
        v.isdecimal() and len(v) >= 17 and v.endswith("0" * (len(v) - 15)) for v in values
    )


def _find_author(found: Resolution, columns: Sequence[str], is_known: bool) -> None:
    named = set(candidates("author", columns))
    ranked = []
    for position, column in enumerate(columns):
        person = person_by_name(column)
        if person not in (Person.ID, Person.NAME) and column not in named:
            continue
        looks = found.looks[column]
        if column in found.used and column not in found.fields.get("author", ()):
            continue
        values = [v for v in looks.values if not is_placeholder(v)]
        one_for_all = len(values) >= _SEVERAL and len(set(values)) == 1
        if not values or one_for_all or any(is_rounded(v) for v in values):
            continue
        if person is not Person.ID and looks.links >= 0.5:
            continue
        others = comparable(column).startswith(_OTHERS)
        by_word = person is not Person.ID and looks.codes < 0.8
        ranked.append((others, by_word, column not in named, position, column))
    chosen = [column for *_, column in sorted(ranked)]
    if found.fields.get("author"):
        group = found.fields["author"]
        chosen = [c for c in group if c in chosen or c not in found.looks] or chosen
    found.fields["author"] = chosen if is_known and found.fields.get("author") else chosen[:2]


def _find_plain(found: Resolution, name: str, columns: Sequence[str]) -> None:
    if found.fields.get(name):
        return
    for column in candidates(name, _free(found, columns)):
        looks = found.looks[column]
        if column in found.dropped:
            continue
        person = person_by_name(column)
        if person is not None and name not in ("region", "device"):
            continue
        if name not in aliases() or (looks.filled and looks.links >= 0.5):
            continue
        if is_person_by_content(looks.values) and name != "thread_key":
            continue
        if name in _COUNTS and looks.filled and looks.numbers < 0.5:
            continue
        if name == "crawled_at" and looks.times < 0.5:
            continue
        found.fields[name] = [column]
        return


def _leave_rounded_threads(found: Resolution) -> None:
    threads = [*found.fields.get("thread_key", ()), *candidates("thread_key", list(found.looks))]
    rounded = {
        c for c in threads if c in found.looks and any(map(is_rounded, found.looks[c].values))
    }
    found.dropped.update(dict.fromkeys(rounded, "不能当编号"))
    if found.fields.get("thread_key"):
        found.fields["thread_key"] = [c for c in found.fields["thread_key"] if c not in rounded]


def _title_is_text(found: Resolution) -> None:
    if not found.fields.get("text") and found.fields.get("title"):
        found.fields["text"] = found.fields.pop("title")


def _judge_rest(found: Resolution, columns: Sequence[str], wishes: Wishes) -> None:
    for column in wishes.drop:
        found.dropped[column] = "按 --drop 不保存"
    for column in _free(found, columns):
        if column in wishes.keep:
            found.kept.add(column)
        elif column not in found.dropped:
            why = _why_not(column, found.looks[column])
            if why is None:
                found.kept.add(column)
            else:
                found.dropped[column] = why


def _why_not(column: str, looks: Looks) -> str | None:
    """Return why a column without a field is not stored, or ``None`` if it is."""
    person = person_by_name(column)
    if is_said_by_others(column) or (_REPLY.match(column) and looks.words > 0):
        return _OTHERS_SAID
    if person is Person.AGENT:
        return "是客服等工作人员"
    if person is not None or is_person_by_content(looks.values):
        return "是个人信息"
    if not looks.filled:
        return ""
    return None if is_kept(column, looks) else _UNKNOWN


def describe_dropped(found: Resolution) -> list[str]:
    """Return one sentence a reason, naming the columns that are not stored."""
    by_reason: dict[str, list[str]] = {}
    for column, why in found.dropped.items():
        if why:
            by_reason.setdefault(why, []).append(column)
    sentences = []
    for why, columns in by_reason.items():
        shown = "、".join(columns[:12]) + (f" 等 {len(columns)} 列" if len(columns) > 12 else "")
        hint = "（要保存请用 --keep 列名）" if why in (_UNKNOWN, _OTHERS_SAID) else ""
        sentences.append(f"没有保存的列——{why}：{shown}{hint}")
    return sentences


def missing(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return remarks on what the file seems to hold and nobody reads: time, rating, text."""
    remarks = []
    if not found.fields.get("occurred_at"):
        like = [
            c
            for c in _free(found, columns)
            if found.looks[c].times >= 0.8
            and found.looks[c].numbers < 0.5
            and not is_said_by_others(c)
        ]
        hint = (
            f"，像时间的列：{'、'.join(like[:3])}，用 --map '{like[0]}=occurred_at' 指明"
            if like
            else ""
        )
        remarks.append(f"没有找到时间列，所有反馈都按导入时间算{hint}")
    elif all(not found.looks[c].filled for c in found.fields["occurred_at"] if c in found.looks):
        remarks.append("时间列是空的，这些反馈按导入时间算；知道时间请补上后再导入")
    if not found.fields.get("rating"):
        like = [
            c
            for c in _free(found, columns)
            if found.looks[c].filled >= _GUESS_ROWS
            and found.looks[c].ratings >= 0.9
            and 1 < len(set(found.looks[c].values)) <= 9
            and candidates("rating", [c])
        ]
        if like:
            remarks.append(f"列“{like[0]}”像评分但没有使用，需要请用 --map '{like[0]}=rating'")
    text = next(iter(found.fields.get("text", ())), None)
    if text in found.looks and found.looks[text].share_filled < 0.5:
        share = found.looks[text].share_filled
        remarks.append(f"正文列“{text}”只有 {share:.0%} 的行有内容；不对请用 --map 列名=text 指明")
    return remarks
