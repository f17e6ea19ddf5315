"""Columns about a person: by name in Chinese or English, by path, by content.

Such values are hashed into the author key or not stored at all. In doubt a column counts as
a person's: ``--keep`` can say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

from feedback_nlp.ingest.columns import comparable, read_toml, readable, without_brackets

# 请填写您的昵称 asks for what 昵称 holds.
_ASKED = re.compile(r"^\s*请?(?:填写|输入|留下|提供|写下)?(?:您|你|贵)(?:的|方的?)?(?=\S{2})")
_REPEATED = re.compile(r"__\d+$")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PHONE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(?:1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)|1[3-9]\d{1,5}[*xX＊]{3,8}\d{1,4}(?!\d))"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CARD = re.compile(r"[1-9]\d{16}[\dXx]")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:[(（].*)?")
_SOMEBODY = re.compile("[一-鿿]{1,5}人")
_JUDGED = re.compile("建议|意见|看法|想法|怎么样|喜欢|满意|好不好")  # 您对新名字有什么建议？
_LABEL = re.compile("^[^:：]{1,6}[:：]\\s*")
_SHORT_HAN = re.compile(r"[一-鿿]{2,4}")
_CALLED_BY_A_PLATFORM = (
    "用户",
    "会员",
    "网友",
    "买家",
    "顾客",
    "旅客",
    "市民",
    "吧友",
    "玩家",
    "user",
)
_MIN_SHARE = 0.5
_MIN_NAMES = 3
_MOSTLY = 0.8


class Person(Enum):
    """What a column says of a person."""

    ID = "id"
    NAME = "name"
    AGENT = "agent"
    PRIVATE = "private"


_LISTED = (
    ("private_names", Person.PRIVATE),
    ("id_names", Person.ID),
    ("names", Person.NAME),
    ("agent_phrases", Person.AGENT),
    ("customer_phrases", Person.NAME),
)


@cache
def _data() -> Mapping[str, Any]:
    return read_toml("people.toml")


@cache
def person_by_name(column: str) -> Person | None:
    """Return what a column says of a person, going by its name and path."""
    data = _data()
    column = _REPEATED.sub("", column)
    *path, last = [part for part in column.split(".") if not part.isdecimal()] or [column]
    parents = [part.casefold() for part in path]
    own = _by_own_name(last, data)
    if any(part in data["other_paths"] for part in parents):
        return Person.AGENT if own or last.casefold() in ("id", "name") else None
    if any(part in data["person_paths"] for part in parents):
        if own in (Person.PRIVATE, Person.AGENT):
            return own
        if _is_measure(last, data):
            return None
        name = comparable(last)
        if name.endswith(("id", "uid")) or name in ("idstr", "label", "uri"):
            return Person.ID
        named = name.endswith(("name", "nick", "login", "昵称", "姓名", "title"))
        return Person.NAME if named else Person.PRIVATE
    return own


def is_said_by_others(column: str) -> bool:
    """Whether a column lies below a reply, a developer's response, another comment."""
    return "." in column and any(
        part.casefold() in _data()["other_paths"] for part in column.split(".")[:-1]
    )


def is_answer_by_name(column: str) -> bool:
    """Whether a header is that of what the team answered: 商家回复, Developer Response.

    >>> is_answer_by_name("商家回复"), is_answer_by_name("答复单位"), is_answer_by_name("Response ID")
    (True, False, False)
    """
    answers, who_answers = _answers()
    name = readable(column)
    return answers.search(name) is not None and who_answers.search(name) is None


@cache
def _answers() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_data()["answers"]), re.compile(_data()["who_answers"])


def replies_to_us(columns: Sequence[str]) -> tuple[tuple[str, str, bool], ...]:
    """Return the columns of what people were sent and of what they replied, the likeliest first.

    Each pair comes with whether its first name says outright that it was sent to them.
    """
    by_name = {comparable(column): column for column in reversed(columns)}

    def found(listed: str) -> list[str]:
        return [by_name[n] for n in map(comparable, _data()[listed]) if n in by_name]

    told = [(column, True) for column in found("sent")]
    perhaps = [(column, False) for column in found("perhaps_sent")]
    return tuple(
        (sent, reply, is_told)
        for sent, is_told in (*told, *perhaps)
        for reply in found("received")
        if reply != sent
    )


@cache
def _asks() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_data()["opinions"]), re.compile(_data()["asked_for"])


def asks_opinion(header: str) -> bool:
    """Whether a header asks what somebody thinks, whomever or whatever it is about.

    >>> asks_opinion("您对带课老师有什么建议？"), asks_opinion("您的手机号是多少？")
    (True, False)
    """
    opinions, asked_for = _asks()
    return opinions.search(header) is not None and asked_for.search(header) is None


def _by_own_name(name: str, data: Mapping[str, Any]) -> Person | None:
    if asks_opinion(name):
        return None
    name = _ASKED.sub("", name)
    if name.endswith(tuple(data["offices"])):
        return None
    plain, loose = comparable(name), without_brackets(name)
    words = [word.casefold() for word in _WORD.findall(name)]
    both = {plain, loose}
    for listed, person in _LISTED:
        if both & set(map(comparable, data[listed])):
            return person
    if loose.endswith(tuple(data["staff_ends"])):
        return Person.AGENT
    measured = _is_measure(name, data)
    harmless = loose.endswith(tuple(data["harmless_ends"])) and not loose.endswith(
        ("账号数", "nickname", "username")
    )
    if any(word in loose for word in data["agent"]) or set(words) & set(data["agent_words"]):
        return None if harmless or measured else Person.AGENT
    if _is_called(loose, data):
        return Person.NAME
    private = any(word in loose for word in data["private"]) or set(words) & set(
        data["private_words"]
    )
    if private:
        return (
            None
            if (harmless and "ip" in loose) or loose.endswith(("型号", "归属地", "属地"))
            else (Person.PRIVATE)
        )
    role = any(word in loose for word in data["customer"]) or set(words) & set(
        data["customer_words"]
    )
    if role and not (harmless or measured):
        return _part(loose, words, data)
    if _SOMEBODY.fullmatch(loose) and not loose.endswith(tuple(data["no_one"])):
        return Person.NAME
    return None


def _is_called(name: str, data: Mapping[str, Any]) -> bool:
    """Whether a header asks what somebody is called, alone or beside something else."""
    word = next((word for word in data["called"] if word in name), None)
    if word is None:
        return False
    before, _, after = name.partition(word)
    return not before.endswith(tuple(data["called_things"])) and not _JUDGED.search(after)


def _is_measure(name: str, data: Mapping[str, Any]) -> bool:
    """Whether a name is that of a count, a duration or a share: num_games_owned, 首次响应时长."""
    words = [word.casefold() for word in _WORD.findall(name)]
    if without_brackets(name).endswith(tuple(data["measure_ends"])):
        return True
    return len(words) > 1 and (
        bool(set(words) & set(data["measure_words"]))
        or words[0] in data["measure_first"]
        or words[-1] in data["measure_last"]
    )


def _part(name: str, words: Sequence[str], data: Mapping[str, Any]) -> Person:
    if name.endswith(tuple(data["id_ends"])) or (words and words[-1] in data["id_ends"]):
        return Person.ID
    exact = name in data["customer"] or (len(words) == 1 and words[0] in data["customer_words"])
    if exact or name.endswith(tuple(data["name_ends"])) or name.endswith(tuple(data["customer"])):
        return Person.NAME
    return Person.PRIVATE


@cache
def _links() -> re.Pattern[str]:
    return re.compile(_data()["links"], re.IGNORECASE)


def is_person_by_content(values: Sequence[str]) -> bool:
    """Whether the first values of a column show people: links, numbers, names.

    Args:
        values: The filled cells of the first rows, as text.
    """
    if not values:
        return False
    wanted = _MIN_SHARE * len(values)
    for pattern in (_links(), _PHONE, _MAIL):
        if sum(pattern.search(value) is not None for value in values) >= wanted:
            return True
    for pattern in (_CARD, _ADDRESS):
        if sum(pattern.fullmatch(value) is not None for value in values) >= wanted:
            return True
    surnames = _data()["surnames"]
    named = [v for v in values if _SHORT_HAN.fullmatch(v) and v[0] in surnames]
    return len(set(named)) >= _MIN_NAMES and len(named) >= 0.8 * len(values)


def is_way_to_reach(values: Sequence[str]) -> bool:
    """Whether values are phones, masked or not, or addresses of mail: a person each."""
    reached = sum(
        (_PHONE.fullmatch(value) or _MAIL.fullmatch(value)) is not None for value in values
    )
    return bool(values) and reached >= _MOSTLY * len(values)


def is_placeholder(name: str) -> bool:
    """Whether a cell of an author column names nobody: 匿名, 去哪儿用户, 收件人：匿名."""
    name = name.strip()
    if ":" in name or "：" in name:
        name = _LABEL.sub("", name)
    name = name.casefold()
    if name in _placeholders() or name.startswith("匿名"):
        return True
    return name.endswith(_CALLED_BY_A_PLATFORM) and _unnamed().fullmatch(name) is not None


@cache
def _unnamed() -> re.Pattern[str]:
    return re.compile(_data()["unnamed"])


@cache
def _placeholders() -> frozenset[str]:
    return frozenset(_data()["placeholders"])


def is_identity(column: str) -> bool:
    """Whether a column holds who someone is, so that it must not be stored."""
    return person_by_name(column) is not None
