"""Finds the posts that JSON records hold: in listings, groups, replies and turns of a talk.

Whoever asks a service for posts gets them packed: a page of things (Reddit), groups of reviews
below tabs, a post with its replies, a ticket with what was said later. Each thing somebody said
becomes a record of its own, in reading order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from feedback_nlp.tabular.json_sheets import opened_sheet, says_more
from feedback_nlp.tabular.json_turns import Turns, turns_of

_LEAST_SHARED, _DEEPEST = 4, 4
_REPLIES = frozenset(
    [
        *("replies", "comments", "children", "sub_comments", "subcomments", "reply_list"),
        *("replylist", "comment_list", "commentlist", "answers", "sub_replies", "subreplies"),
    ]
)
_MARKS = frozenset(["score", "rating", "star", "stars", "star_rating"])
_LISTS_OF_THINGS, _THINGS = frozenset(["Listing"]), frozenset(["t1", "t3"])
_FEW_WORDS, _LOOK_AT, _WORD_CHARS = 8, 5, 200


class Posts:
    """Opens the records of one file; remembers how the first ones were packed."""

    def __init__(self) -> None:
        self._groups: set[str] = set()
        self._turns: Turns | None = None
        self._sheets = False

    def of(self, record: Any) -> Iterable[Any]:
        """Return the posts in a record; one that holds no others comes out as it is."""
        if isinstance(record, dict) and "kind" not in record and not _holds_records(record):
            return (record,)  # most are, so they cost next to nothing
        return self._inside(record)

    def _inside(self, record: Any) -> Iterator[Any]:
        left = [(record, 0)]
        while left:
            value, depth = left.pop()
            post, below = self._opened(value, depth)
            if post is not None:
                yield post
            left += [(further, depth + 1) for further in reversed(below)]

    def _opened(self, value: Any, depth: int) -> tuple[Any, list[Any]]:
        """Return the post that a value is, if it is one, and what else it holds."""
        if is_thing(value):
            return _opened_thing(value)
        if not isinstance(value, dict) or depth >= _DEEPEST:
            return value, []
        if depth == 0 and (sheet := opened_sheet(value)) is not None:
            self._sheets = self._sheets or not says_more(value, sheet)
            if self._sheets:
                return sheet, []
        if (name := self._group(value)) is not None:
            return None, list(_members(value, name))
        if (name := _replies_of(value)) is not None:
            ids = [cell for key, cell in value.items() if key.casefold().endswith("id")]
            tied = {"parent_id": ids[0]} if ids else {}
            post = {key: cell for key, cell in value.items() if key != name}
            return post, [{**tied, **reply} for reply in value[name]]
        if depth == 0:
            self._turns = self._turns or turns_of(value)
            if self._turns is not None:
                return self._turns.opened(value)
        return value, []

    def _group(self, record: Mapping[str, Any]) -> str | None:
        """Return the list whose members a record only holds together."""
        name = nested_list(record)
        if name is not None:
            self._groups.add(name)
            return name
        return next(
            (group for group in self._groups if is_list_of_records(record.get(group))), None
        )


def is_thing(value: Any) -> bool:
    """Whether a value is a post, a comment or a listing of them, as Reddit answers.

    Source: Reddit API, "things" and listings: ``{"kind": "t1", "data": {…}}``.
    """
    return (
        isinstance(value, dict)
        and isinstance(value.get("data"), dict)
        and isinstance(kind := value.get("kind"), str)
        and (kind in _LISTS_OF_THINGS or kind in _THINGS)
    )


def _opened_thing(thing: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Return the post or comment in a thing; the text of a post is called as a comment's."""
    data = thing["data"]
    if thing["kind"] in _LISTS_OF_THINGS:
        return None, data["children"] if isinstance(data.get("children"), list) else []
    record = {name: cell for name, cell in data.items() if name != "replies"}
    if (votes := record.pop("score", None)) is not None:
        record.setdefault("ups", votes)  # one vote is no star
    if "selftext" in record and "body" not in record:
        record["body"] = record.pop("selftext")
    return record, [data["replies"]] if is_thing(data.get("replies")) else []


def _holds_records(record: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a list of objects lies somewhere in a record."""
    for value in record.values():
        if value.__class__ is list:
            if value and isinstance(value[0], dict):
                return True
        elif isinstance(value, dict) and depth < _DEEPEST and _holds_records(value, depth + 1):
            return True
    return False


def is_list_of_records(value: Any) -> bool:
    """Whether a value is a list that begins with an object."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def nested_list(record: Any) -> str | None:
    """Return the name of the only list of records in a record that says nothing itself.

    Groups of reviews (携程), conversations with their messages (美洽): the words are those of
    the members. Beside a post its comments stay where they are.
    """
    if not isinstance(record, dict):
        return None
    lists = [name for name, value in record.items() if is_list_of_records(value)]
    if len(lists) != 1 or _most_words(record.items(), lists[0]) >= _FEW_WORDS:
        return None
    members = [member for member in record[lists[0]][:_LOOK_AT] if isinstance(member, dict)]
    said = max((_most_words(member.items(), "") for member in members), default=0)
    return lists[0] if said >= _FEW_WORDS else None


def _members(record: Mapping[str, Any], name: str) -> Iterator[Any]:
    """Yield the members of a list in a record, each with what the record says of them all."""
    shared = {
        ("parent_id" if key == "id" else key): value
        for key, value in record.items()
        if isinstance(value, str | int | float)
    }
    for member in record[name]:
        yield {**shared, **member} if isinstance(member, dict) else member


def _replies_of(record: Mapping[str, Any]) -> str | None:
    """Return the list of replies that are written like the record itself.

    Whoever replies to a post says something, too; a reply with other names than its record, or
    to a review with stars (a shop's answer), stays where it is.
    """
    for name, value in record.items():
        if name.casefold() not in _REPLIES or not isinstance(value, list) or not value:
            continue
        if not all(isinstance(reply, dict) for reply in value):
            continue
        only_above = {field.casefold() for field in set(record) - set(value[0])}
        if name.casefold().startswith("repl") and only_above & _MARKS:
            return None  # who answers a review gives no stars
        shared = set(record) & set(value[0])
        if len(shared) >= _LEAST_SHARED and 2 * len(shared) >= len(value[0]):
            return name
    return None


def _most_words(cells: Iterable[tuple[str, Any]], but: str) -> int:
    """Return how many Chinese characters the wordiest cell has; lists are not looked into."""
    most = 0
    for name, value in cells:
        if isinstance(value, dict):
            most = max(most, _most_words(value.items(), ""))
        elif isinstance(value, str) and name != but:
            most = max(most, sum("一" <= sign <= "鿿" for sign in value[:_WORD_CHARS]))
    return most
