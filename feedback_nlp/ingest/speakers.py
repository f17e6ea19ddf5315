"""Who speaks: chat lines by role and type, dialogues in one cell, frames around work orders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from feedback_nlp.ingest.columns import comparable, read_toml
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.people import Person, is_said_by_others, person_by_name
from feedback_nlp.ingest.plain import plain
from feedback_nlp.tabular.chat_log import SPEAKER
from feedback_nlp.tabular.json_turns import ROLE as TURN_ROLE

_YES = frozenset(["1", "true", "是", "yes", "y"])
_MIN_KNOWN = 0.6
_MIN_DIALOGUES = 0.2
# The time of the next turn, which stands before its speaker.
_STAMP = re.compile(
    r"\s*[(（\[]?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s*)?\d{1,2}:\d{2}(?::\d{2})?[)）\]]?$"
)
_LONGEST_NAME = 30
_GROUP = 3
_MOST_NAMES = 10_000
_COMPANY = re.compile(r"[-_—@·|｜（(]\s*([^\s（）()\-_—@·|｜]{2,12})[）)]?$")
_NAME = r"[^\n:：\[\]【】()（）]{0,12}"


@dataclass(frozen=True, slots=True)
class ChatColumns:
    """Columns that tell the team's lines, and lines that are no words, from a customer's.

    Attributes:
        is_group: Whether many people talk in one place: a community, no line of help.
        is_stream: Whether it is what happened in a live room, of which words are one kind.
    """

    role: str | None
    own: str | None
    kind: str | None
    names: tuple[str, ...]
    customers: frozenset[str] = frozenset()
    customer_begins: tuple[str, ...] = ()
    team_ends: tuple[str, ...] = ()
    only_customers: bool = False
    is_group: bool = False
    is_stream: bool = False

    def set_aside(self, row: Mapping[str, Any], text: str) -> tuple[str, str] | None:
        """Return reason and detail if a line is not a customer's words."""
        if self.own is not None and plain(row.get(self.own)).casefold() in _YES:
            return "not-customer", "客服或自己人说的话，不算用户反馈"
        role = plain(row.get(self.role)) if self.role is not None else ""
        if self.team_ends and company_of(role) in self.team_ends:
            return "not-customer", "客服或自己人说的话，不算用户反馈"
        if (
            is_team(role)
            or (self.role == SPEAKER and is_team_name(role))
            or not self._is_known_customer(role.casefold())
        ):
            return "not-customer", "客服、机器人或系统说的话，不算用户反馈"
        if self.names and any(
            is_team(name := plain(row.get(n)), anywhere=False) or is_team_name(name)
            for n in self.names
        ):
            return "not-customer", "客服或自己人说的话，不算用户反馈"
        kind = plain(row.get(self.kind)).casefold() if self.kind is not None else ""
        if (kind and kind not in _text_types()) or _not_words().search(text):
            return "not-words", "图片、撤回、系统提示等，不是文字"
        return None

    def _is_known_customer(self, role: str) -> bool:
        """Whether a vendor's number or id is a customer's; without such a list every one may be."""
        if self.only_customers:
            return not role or is_customer(role)
        if self.customers or self.customer_begins:
            return (
                role in self.customers
                or role.startswith(self.customer_begins)
                or (not self.customer_begins and is_customer(role))
            )
        return True


@cache
def _data() -> Mapping[str, Any]:
    return read_toml("speakers.toml")


@cache
def _text_types() -> frozenset[str]:
    return frozenset(_data()["text_types"])


@cache
def _not_words() -> re.Pattern[str]:
    return re.compile(_data()["not_words"])


@cache
def is_team(value: str, *, anywhere: bool = True) -> bool:
    """Whether a role or name says that the team, a bot or the system speaks."""
    return _is_one_of(value, "team", anywhere=anywhere)


@cache
def is_customer(value: str) -> bool:
    """Whether a role says that a customer speaks."""
    return _is_one_of(value, "customer", anywhere=True)


@cache
def _official_ends() -> tuple[str, ...]:
    return tuple(_data()["official_ends"])


def is_official(name: str) -> bool:
    """Whether the name of an account is a brand's, a shop's or a mail robot's own.

    >>> is_official("某某汽车官方"), is_official("小官"), is_official("Mail Delivery Subsystem")
    (True, False, True)
    """
    return name.casefold().endswith(_official_ends())


@cache
def _team_names() -> re.Pattern[str]:
    return re.compile(_data()["team_names"])


@lru_cache(_MOST_NAMES)
def is_team_name(name: str) -> bool:
    """Whether a name in a group or below a post says that the team speaks.

    >>> is_team_name("官方客服-小满"), is_team_name("Tour Desk Ann"), is_team_name("吐槽官方")
    (True, True, False)
    """
    return len(name) <= _LONGEST_NAME and _team_names().search(name) is not None


@dataclass(frozen=True, slots=True)
class BrandMark:
    """A column by which a service marks accounts that are a company's or its staff's."""

    column: str
    pattern: re.Pattern[str]

    def is_on(self, row: Mapping[str, Any]) -> bool:
        """Whether the writer of a row bears the mark."""
        return self.pattern.search(plain(row.get(self.column))) is not None


@cache
def _brands() -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
    return tuple(
        (frozenset(map(comparable, mark["columns"])), re.compile(mark["values"]))
        for mark in _data()["brand"]
    )


def brand_marks(columns: Sequence[str]) -> tuple[BrandMark, ...]:
    """Return the columns that mark accounts of companies; those of other people's words left out."""
    told = [c for c in columns if not is_said_by_others(c)]
    return tuple(
        BrandMark(column, pattern)
        for column in told
        for names, pattern in _brands()
        if _without_places(column) in names
        or (not _is_in_a_list(column) and comparable(column.rpartition(".")[2]) in names)
    )


def _without_places(column: str) -> str:
    """Return a path as it is compared, without places in lists: author.roles.0.name."""
    return comparable(".".join(part for part in column.split(".") if not part.isdecimal()))


def _is_in_a_list(column: str) -> bool:
    """Whether a path leads into a list: ``steps.0.role`` is whose step it is, not whose row."""
    return any(part.isdecimal() for part in column.split("."))


def _is_one_of(value: str, group: str, *, anywhere: bool) -> bool:
    text = value.strip().casefold()
    if not text or len(text) > 30:
        return False
    words = _data()[group]
    if text.isascii():
        return anywhere and bool(set(re.findall("[a-z_-]+", text)) & set(words))
    return any(
        not word.isascii() and (text.startswith(word) or text.endswith(word)) for word in words
    )


def chat_columns(looks: Mapping[str, Looks]) -> ChatColumns | None:
    """Return the columns of a chat, or ``None`` if the file is none.

    A role column counts if its values say who; a type column and names count beside it.
    """
    if TURN_ROLE in looks:
        return ChatColumns(TURN_ROLE, None, None, (), only_customers=True)
    named: dict[str, str] = {}
    for column in looks:
        named.setdefault(comparable(column), column)
    data = _data()
    for column in looks:  # author.isOfficial is said of whoever speaks, reply.isOfficial is not
        if "." in column and not is_said_by_others(column) and not _is_in_a_list(column):
            named.setdefault(comparable(column.rpartition(".")[2]), column)
    if (coded := _coded(named)) is not None:
        return coded
    own = next(
        (
            named[name]
            for name in map(comparable, data["own_columns"])
            if name in named and _is_yes_no(looks[named[name]])
        ),
        None,
    )
    role = next(
        (
            named[name]
            for name in map(comparable, data["role_columns"])
            if name in named and named[name] != own and _says_who(looks[named[name]])
        ),
        None,
    )
    if role is None:
        ends = tuple(map(comparable, data["role_ends"]))
        longer = (c for name, c in named.items() if name.endswith(ends) and c != own)
        role = next((column for column in longer if _says_who(looks[column])), None)
    if (events := _events(named, looks)) is not None:
        names = _names(named, role)
        return ChatColumns(role, own, events, names, is_stream=True)
    if role is None and own is None:
        role, customers = _role_beside_customers(named, looks)
        if role is not None:
            return _with_kind(ChatColumns(role, None, None, (), customers), named, looks)
        return None
    return _with_kind(ChatColumns(role, own, None, ()), named, looks)


def _role_beside_customers(
    named: Mapping[str, str], looks: Mapping[str, Looks]
) -> tuple[str | None, frozenset[str]]:
    """Return a role column whose values are customers and else staff, and what it calls customers.

    员工 alone may be anybody (who fills in a survey of a company); beside 客户 it answers.
    """
    data = _data()
    ends = tuple(map(comparable, data["role_ends"]))
    listed = [named[n] for n in map(comparable, data["role_columns"]) if n in named]
    longer = [column for name, column in named.items() if name.endswith(ends)]
    staff = frozenset(data["team_beside_customers"])
    for column in dict.fromkeys([*listed, *longer]):
        values = {value.strip().casefold() for value in looks[column].values}
        customers = frozenset(filter(is_customer, values))
        others = values - customers
        if customers and others & staff and all(v in staff or is_team(v) for v in others):
            return column, customers
    return None, frozenset()


def company_of(name: str) -> str:
    """Return the company behind a name, blank if there is none.

    >>> company_of("某某-小满"), company_of("欧阳小满")
    ('小满', '')
    """
    match = _COMPANY.search(name)
    return match[1] if match else ""


def chat_log_columns(names: Sequence[str] = (), preface: Sequence[str] = ()) -> ChatColumns:
    """Return the columns of a chat saved as text, see :mod:`feedback_nlp.tabular.chat_log`.

    Args:
        names: Who speaks in the first messages.
        preface: What stands above them. Whoever bears the company of a bot or of the one who saved
            the chat behind the name (某某-小满, beside 小满助手) is the team.
    """
    companies = {company for name in set(names) if (company := company_of(name))}
    saved_by = " ".join(text for text in preface if "导出人" in text or "群主" in text)
    robots = [name for name in set(names) if is_team(name)]
    team = tuple(
        company
        for company in companies
        if company in saved_by or any(robot.startswith(company) for robot in robots)
    )
    customers = {n for n in names if not is_team(n) and not is_team_name(n)}
    is_group = not team and len(customers) >= _GROUP
    return ChatColumns(SPEAKER, None, None, (), team_ends=team, is_group=is_group)


def _coded(named: Mapping[str, str]) -> ChatColumns | None:
    """Return the columns of a chat whose roles are a vendor's numbers."""
    for code in _data()["codes"]:
        if all(comparable(name) in named for name in code["requires"]):
            kinds = ("msgtype", "contenttype", "mtype")
            kind = next((named[name] for name in kinds if name in named), None)
            role = named[comparable(code["role"])]
            known = frozenset(code.get("customer", ()))
            names = (named.get(comparable(name)) for name in code.get("names", ()))
            told = tuple(name for name in names if name is not None)
            begins, is_group = tuple(code.get("begins", ())), bool(code.get("group", False))
            return ChatColumns(role, None, kind, told, known, begins, is_group=is_group)
    return None


def _with_kind(
    chat: ChatColumns, named: Mapping[str, str], looks: Mapping[str, Looks]
) -> ChatColumns:
    """Add the column of message types, and names that give the team away."""
    data, role = _data(), chat.role
    kind = next(
        (named[name] for name in map(comparable, data["type_columns"]) if name in named), None
    )
    if kind is not None and not _says_type(looks[kind]):
        kind = None
    return replace(chat, kind=kind, names=_names(named, role))


def _events(named: Mapping[str, str], looks: Mapping[str, Looks]) -> str | None:
    """Return the column that tells words in a live room from gifts, likes and arrivals."""
    happens = re.compile(_data()["event_words"])
    for name in map(comparable, _data()["event_columns"]):
        values = {v.casefold() for v in looks[named[name]].values} if name in named else set()
        others = values - _text_types()
        if len(others) < len(values) and any(map(happens.search, others)):
            return named[name]
    for name in map(comparable, _data()["plain_event_columns"]):
        values = {v.casefold() for v in looks[named[name]].values} if name in named else set()
        others = values - _text_types()
        if len(others) < len(values) and len(others) > 1 and all(map(happens.search, others)):
            return named[name]
    return None


def _names(named: Mapping[str, str], role: str | None) -> tuple[str, ...]:
    """Return the columns with names that may give the team away."""
    told = (named[name] for name in map(comparable, _data()["name_columns"]) if name in named)
    return tuple(name for name in told if name != role)


def _is_yes_no(looks: Looks) -> bool:
    return bool(looks.values) and set(map(str.casefold, looks.values)) <= (
        _YES | {"0", "false", "否", "no", "n"}
    )


def _says_who(looks: Looks) -> bool:
    if not looks.values:
        return False
    known = [v for v in looks.values if is_team(v) or is_customer(v)]
    return len(known) >= _MIN_KNOWN * looks.filled and any(map(is_team, known))


def _says_type(looks: Looks) -> bool:
    return bool(looks.values) and any(v.casefold() in _text_types() for v in looks.values)


@dataclass(frozen=True, slots=True)
class NamedSpeakers:
    """Columns whose cells name who speaks in a dialogue that marks its turns by name."""

    team: tuple[str, ...]
    customers: tuple[str, ...]

    @classmethod
    def of(cls, columns: Sequence[str]) -> NamedSpeakers:
        """Find them among the columns of a file."""
        people = {column: person_by_name(column) for column in columns}
        return cls(
            tuple(c for c, person in people.items() if person is Person.AGENT),
            tuple(c for c, person in people.items() if person is Person.NAME),
        )

    def with_roles(self, text: str, row: Mapping[str, Any]) -> str:
        r"""Return a dialogue with 客服 and 用户 for the names of its row at the beginning of turns.

        >>> chat = NamedSpeakers(("客服",), ("顾客",))
        >>> chat.with_roles("小满: 坏了\n阿紫: 您好", {"客服": "阿紫", "顾客": "小满"})
        '用户: 坏了\n客服: 您好'
        """
        for columns, role in ((self.team, "客服"), (self.customers, "用户")):
            for column in columns:
                name = plain(row.get(column))
                if 1 < len(name) <= _LONGEST_NAME and name in text:
                    turn = rf"(?m)(^|[\])】] ?|\d )[\[【(（]?{re.escape(name)}(?=[\])】）]? ?(?:[:：]|\(?[\d]))"
                    text = re.sub(turn, rf"\g<1>{role}", text)
        return text


@cache
def _turn() -> re.Pattern[str]:
    data = _data()
    team, customer = (
        "|".join(sorted(map(re.escape, data[group]), key=len, reverse=True))
        for group in ("team", "customer")
    )
    head = r"(?:^|(?<=[\n\s；;|。！？!?】]))[\[【(（]?"
    time = r"(?:\s*[(（\[]?\d[\d\-/: .年月日]{3,20}[)）\]]?)?"
    who = (
        rf"(?:(?P<team>(?:{team}){_NAME})|(?P<customer>(?:{customer}){_NAME}))"
        r"(?:[(（][^\n()（）]{1,20}[)）])?"
    )
    return re.compile(rf"{head}{who}[\]】)）]?{time}\s*(?:[:：]|(?<=\d)\s*\n)\s*", re.IGNORECASE)


def split_dialogue(text: str) -> str | None:
    """Return what the customer says in a dialogue, one turn a line.

    Args:
        text: A cell such as ``客服：您好 用户：一直没发货``.

    Returns:
        The text as it is if it is no dialogue; ``None`` if only the team speaks.
    """
    turns = list(_turn().finditer(text))
    if not turns or (len(turns) == 1 and turns[0].start() > 0):
        return text
    if len(turns) == 1 and turns[0]["customer"]:
        return text[turns[0].end() :].strip() or None
    said = []
    if (before := text[: turns[0].start()].strip()) and turns[0]["team"]:
        said.append(before)
    ends = [turn.start() for turn in turns[1:]] + [len(text)]
    for turn, end in zip(turns, ends, strict=True):
        words = _STAMP.sub("", text[turn.end() : end].strip(" \t\r\n；;|")).strip()
        if turn["customer"] and words and not _not_words().search(words):
            said.append(words)
    return "\n".join(said) or None


def has_dialogues(values: Sequence[str]) -> bool:
    """Whether a column's first cells hold dialogues between team and customer."""
    marked = [
        value
        for value in values
        if len(turns := list(_turn().finditer(value))) >= 2 and any(turn["team"] for turn in turns)
    ]
    return len(marked) >= max(1, _MIN_DIALOGUES * len(values))


@cache
def _frames() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in _data()["frames"].items()}


def without_frame(text: str) -> str:
    """Take the agent's frame off a work order: 用户反馈…, a product's name, form labels."""
    frames = _frames()
    if frames["form"].search(text) and (labels := list(frames["labels"].finditer(text))):
        text = text[labels[-1].end() :]
    rest = frames["product_dash"].sub("", text.strip(), count=1)
    rest = frames["product_bracket"].sub("", rest, count=1)
    rest = frames["openings"].sub("", rest, count=1)
    rest = frames["subjects"].sub("", rest, count=1).strip()
    return rest if len(rest) >= 2 else text.strip()
