"""Finds the columns that tell feedback and people apart, and those that only seem to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from feedback_nlp.ingest.columns import aliases, comparable, without_brackets
from feedback_nlp.ingest.keys import is_rounded
from feedback_nlp.ingest.kinds import kind_by_cells
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.people import (
    Person,
    is_placeholder,
    is_said_by_others,
    is_way_to_reach,
    person_by_name,
)
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.resolution import GUESS_ROWS, Resolution, free
from feedback_nlp.labels import SourceKind

_SEVERAL, _ID_CHARS = 4, 4
_FILLED_BUT_FOR_SUMS = 0.6
_NAME_CHARS = 12
_OTHERS = ("楼主", "层主", "父", "上级", "被", "原", "视频", "帖子", "parent", "replyto", "target")
_REMARKS = (
    "评论",
    "弹幕",
    "回复",
    "回帖",
    "跟帖",
    "消息",
    "聊天",
    "comment",
    "reply",
    "message",
    "msg",
)
_OF_SHOPS = ("门店", "店铺", "店", "酒店", "网点", "公司", "单位", "机构", "投诉电话", "服务电话")
_SESSIONS = ("会话", "conversation", "session", "chat", "talker", "parent", "thread")
_ROUNDED = "里的编号被表格软件四舍五入了（如 7.30E+18）"
_NO_KEY = "不能当编号"


def find_key(
    found: Resolution,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    *,
    is_given: bool,
) -> None:
    """Take the column that tells rows apart; say why one that seems to does not."""
    group = found.fields.get("source_key")
    if not group:
        unnamed = [c for c in free(found, columns) if person_by_name(c) is None]
        ids = [c for c in found.candidates("source_key", unnamed) if _may_number(found, c)]
        group = ids[:3] or _ids_of_posts(found, unnamed) or _first_of_numbered(found, columns)
    good = []
    refused = {}
    for column in group:
        why = None if is_given else _no_key(column, found, sample)
        if why is None:
            good.append(column)
            if column in found.looks and not is_given:
                break
        elif why:
            refused[column] = why
            found.dropped.setdefault(column, _NO_KEY)
    instead = "" if good else "；编号改由正文、用户和时间算出"
    found.notes += [f"列“{column}”{why}，不能当编号{instead}" for column, why in refused.items()]
    found.fields["source_key"] = good


def _may_number(found: Resolution, column: str) -> bool:
    """Whether a column is listed as a key, or each row has another value in it."""
    looks = found.looks[column]
    names = aliases()["source_key"]
    own = column.removeprefix(found.home).rpartition(".")[2]
    if {comparable(column), comparable(own), without_brackets(own)} & set(names):
        return True
    return (
        looks.filled >= GUESS_ROWS
        and looks.share_filled >= _FILLED_BUT_FOR_SUMS
        and looks.distinct == 1.0
    )


def _first_of_numbered(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return the first column of a table without a header, if it numbers the rows."""
    first = columns[0] if columns else ""
    looks = found.looks.get(first)
    if first != "列1" or looks is None or looks.filled < GUESS_ROWS or first in found.used:
        return []
    numbers = min(map(len, looks.values)) >= _ID_CHARS and max(looks.numbers, looks.codes) == 1.0
    is_date = looks.times > 0 and max(map(len, looks.values)) > _ID_CHARS + 2
    if not numbers or is_date or looks.distinct < 1.0 or looks.share_filled < 1.0:
        return []
    found.guessed.add("source_key")
    found.notes.append(f"编号取自列“{first}”（按内容猜的）；不对请指明编号列")
    return [first]


def _ids_of_posts(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return the id of a post where the text is the post itself: 微博id beside 微博正文.

    Beside a comment it tells what was commented on, and several rows have it.
    """
    text = comparable(next(iter(found.fields.get("text", ())), ""))
    if any(word in text for word in _REMARKS):
        return []
    posts = []
    for column in found.candidates("thread_key", columns):
        looks, name = found.looks[column], comparable(column)
        is_one_each = looks.share_filled == 1.0 and looks.distinct == 1.0
        if is_one_each and not any(word in name for word in _SESSIONS):
            posts.append(column)
    return posts[:1]


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


def leave_rounded_threads(found: Resolution) -> None:
    """Leave out thread ids that a spreadsheet has rounded."""
    threads = [
        *found.fields.get("thread_key", ()),
        *found.candidates("thread_key", list(found.looks)),
    ]
    rounded = {
        c for c in threads if c in found.looks and any(map(is_rounded, found.looks[c].values))
    }
    found.dropped.update(dict.fromkeys(rounded, _NO_KEY))
    if found.fields.get("thread_key"):
        found.fields["thread_key"] = [c for c in found.fields["thread_key"] if c not in rounded]


def find_author(found: Resolution, columns: Sequence[str], is_known: bool) -> None:
    """Take the columns that say who speaks: an id before a name, nobody's placeholder."""
    named = set(found.candidates("author", columns))
    ranked = []
    for position, column in enumerate(columns):
        person = person_by_name(column)
        if person not in (Person.ID, Person.NAME) and column not in named:
            continue
        looks = found.looks[column]
        is_taken = column in found.used or _is_in_another_list(column, found)
        if is_taken and column not in found.fields.get("author", ()):
            continue
        values = [v for v in looks.values if not is_placeholder(v)]
        one_for_all = len(values) >= _SEVERAL and len(set(values)) == 1
        if not values or one_for_all or any(is_rounded(v) for v in values):
            continue
        if person is not Person.ID and (looks.links >= 0.5 or _are_paths(values)):
            continue
        name = comparable(column)
        others = name.startswith(_OTHERS)
        by_word = person is not Person.ID and looks.codes < 0.8
        ranked.append((others, by_word, column not in named, position, column))
    chosen = [column for *_, column in sorted(ranked)]
    chosen = _without_titles(chosen) or _reached(found, columns) or _beside_floors(found, columns)
    if found.fields.get("author"):
        group = found.fields["author"]
        chosen = [c for c in group if c in chosen or c not in found.looks] or chosen
    found.fields["author"] = chosen if is_known and found.fields.get("author") else chosen[:2]


def _is_in_another_list(column: str, found: Resolution) -> bool:
    """Whether somebody is one of a list beside the text: who spoke third, who was mentioned."""
    parts = column.split(".")
    at = next((n for n, part in enumerate(parts) if part.isdecimal()), 0)
    inside = ".".join(parts[: at + 1])
    return at > 0 and not any(text.startswith(inside) for text in found.fields.get("text", ()))


def _are_paths(values: Sequence[str]) -> bool:
    """Whether cells called a name name a thing: accounts/11/locations/44/reviews/AbF (Google)."""
    paths = sum(value.count("/") > 1 and value.isascii() and " " not in value for value in values)
    return 2 * paths >= len(values)


def _without_titles(chosen: Sequence[str]) -> list[str]:
    """Leave out a bare Name beside a column that names people: it is the title of a page.

    Source: Notion's CSV export, whose first column is ``Name`` whatever the page is about.
    """
    people = [c for c in chosen if comparable(c) != "name" and not c.isascii()]
    return [c for c in chosen if c != "Name"] if people else list(chosen)


def _beside_floors(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return what stands beside the floors of a thread (楼主, 2楼) in a page cut to columns: names."""
    for floor, column in pairwise(columns):
        looks = found.looks[column]
        is_name = looks.filled and looks.words > 0 and looks.chars <= _NAME_CHARS
        if is_name and column not in found.used and _is_floor(found.looks[floor]):
            found.guessed.add("author")
            found.notes.append(f"用户取自列“{column}”（在楼层旁边，按内容猜的）；不对请指明用户列")
            return [column]
    return []


def _is_floor(looks: Looks) -> bool:
    return kind_by_cells(looks) is SourceKind.SOCIAL


def _reached(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return a column of phones or mail addresses: where nothing else tells people apart, they do.

    Those of shops (门店电话) and of the team do not.
    """
    for column in free(found, columns):
        name = comparable(column)
        mine = person_by_name(column) is Person.PRIVATE and not is_said_by_others(column)
        if mine and not name.startswith(_OF_SHOPS) and is_way_to_reach(found.looks[column].values):
            values = found.looks[column].values
            if len(values) < _SEVERAL or len(set(values)) > 1:
                return [column]
    return []
