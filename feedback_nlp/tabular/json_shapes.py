"""JSON documents that hold records in another shape than a list of objects.

Lists under a first list of names, columns of values by row (pandas' default), names beside
lists of values (``orient="split"``), and records by their key.

Source: pandas.DataFrame.to_json, ``orient``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

_LEAST_RECORDS = 2
_LEAST_LISTS = 3
_LEAST_SHARED, _DEEPEST = 4, 4
_REPLIES = frozenset(
    [
        *("replies", "comments", "children", "sub_comments", "subcomments", "reply_list"),
        *("replylist", "comment_list", "commentlist", "answers", "sub_replies", "subreplies"),
    ]
)
_MAX_NAME_CHARS = 200
_MARKS = frozenset(["score", "rating", "star", "stars", "star_rating"])
_LISTS_OF_THINGS, _THINGS = frozenset(["Listing"]), frozenset(["t1", "t3"])
_FEW_WORDS, _LOOK_AT, _WORD_CHARS = 8, 5, 200


def records_of(values: Iterable[Any], *, is_document: bool) -> Iterator[Any]:
    """Yield the records that JSON values stand for.

    Args:
        values: The members of a list, or the whole document as the only one.
        is_document: Whether they are the whole document.
    """
    iterator = iter(values)
    first = next(iterator, None)
    if first is None:
        return
    if is_document and isinstance(first, dict):
        yield from _of_document(first)
        yield from iterator
        return
    if not _is_header(first):
        yield first
        yield from iterator
        return
    for value in iterator:
        yield _named(first, value) if isinstance(value, list) else value


def _of_document(document: Mapping[str, Any]) -> Iterator[Any]:
    if (side_by_side := _side_by_side(document)) is not None:
        yield from side_by_side
        return
    names, rows = document.get("columns"), document.get("data")
    if _is_header(names) and isinstance(rows, list) and all(isinstance(r, list) for r in rows):
        yield from (_named(names, row) for row in rows)
        return
    if sum(_is_list_of_records(value) for value in document.values()) > 1:
        yield from _of_lists(document)
        return
    members = list(document.values())
    if len(members) < _LEAST_RECORDS or not all(isinstance(m, dict) and m for m in members):
        yield document
        return
    flat = [
        not any(isinstance(cell, dict | list) for cell in member.values()) for member in members
    ]
    alike = len({frozenset(member) for member in members}) == 1
    if all(flat) and alike and len(members[0]) >= 1 and _are_row_names(members[0]):
        for row in members[0]:
            yield {name: member[row] for name, member in document.items()}
    elif _share_names(members):
        for key, member in document.items():
            yield member if "id" in member else {"id": key, **member}
    else:
        yield document


def _side_by_side(document: Mapping[str, Any]) -> Iterator[Any] | None:
    """Return the records of lists that stand side by side, a list a field; ``None`` if none do.

    ``{"texts": ["a", "b"], "stars": [5, 1], "shop": "x"}`` are two records. The words must be in
    the lists, else they are what one record says of itself (tags, pictures).
    """
    nested = [value for value in document.values() if isinstance(value, dict) and value]
    if len(nested) == 1 and not any(isinstance(value, list) for value in document.values()):
        return _side_by_side(nested[0])
    lists = {
        name: value
        for name, value in document.items()
        if isinstance(value, list) and not any(isinstance(cell, dict | list) for cell in value)
    }
    length = max((len(value) for value in lists.values()), default=0)
    fields = {name: value for name, value in lists.items() if len(value) == length}
    if length < _LEAST_RECORDS or len(fields) < _LEAST_LISTS:
        return None
    shared = {name: value for name, value in document.items() if not isinstance(value, dict | list)}
    wordiest = max(map(_mean_chars, fields.values()))
    if any(isinstance(value, str) and len(value) >= wordiest for value in shared.values()):
        return None
    names = [_singular(name) for name in fields]
    columns = fields.values()
    return (
        {**shared, **dict(zip(names, cells, strict=True))} for cells in zip(*columns, strict=True)
    )


def _mean_chars(cells: list[Any]) -> float:
    said = [len(cell) for cell in cells if isinstance(cell, str)]
    return sum(said) / len(said) if said else 0.0


def _singular(name: str) -> str:
    """Return the name of one member of a list: texts is text, merchantReplies merchantReply."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _of_lists(document: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the records of several lists, each with the name of its list; else of the longest."""
    lists = {name: value for name, value in document.items() if _is_list_of_records(value)}
    heads = [records[0] for records in lists.values()]
    if not _share_names(heads):
        yield from max(lists.values(), key=lambda records: (len(records), len(records[0])))
        return
    for name, records in lists.items():
        for record in records:
            is_plain = isinstance(record, dict) and "product" not in record
            yield {**record, "product": name} if is_plain else record


def page_list(
    record: Any, names: Collection[str], beside: Collection[str] | None = None
) -> str | None:
    """Return the name of the list in a page of records: nothing but numbers stands beside it.

    Args:
        record: What may be a page.
        names: What the list may be called.
        beside: What else may stand there; ``None`` for anything.
    """
    if not isinstance(record, dict):
        return None
    lists = [
        name
        for name, value in record.items()
        if isinstance(value, list) and _is_list_of_records(value)
    ]
    if len(lists) != 1 or lists[0] not in names:
        return None
    others = [value for name, value in record.items() if name not in lists]
    if beside is not None and not {name.casefold() for name in record} - set(lists) <= set(beside):
        return None
    return None if any(isinstance(v, str) for v in others) else str(lists[0])


def members_of(record: Any, name: str) -> Iterator[Any]:
    """Yield the members of a list in a record; comments of a ticket with the role of their writer.

    Whoever opened a ticket is the customer. Source: Zendesk Tickets and Ticket Comments API.
    """
    members = record.get(name) if isinstance(record, dict) else None
    if not isinstance(members, list):
        return
    asker = record.get("requester_id", record.get("submitter_id"))
    for member in members:
        if asker is None or not isinstance(member, dict) or "author_id" not in member:
            yield member
        else:
            role = "end-user" if member["author_id"] == asker else "agent"
            yield {"role": role, "conversation_id": record.get("id"), **member}


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


def things_of(value: Any) -> Iterator[Any]:
    """Yield the posts and comments in a thing, replies to any depth, in reading order.

    What was no thing comes out as it is. The text of a post is called as that of a comment.
    """
    left = [value]
    while left:
        thing = left.pop()
        if not is_thing(thing):
            yield thing
            continue
        data = thing["data"]
        if thing["kind"] in _LISTS_OF_THINGS:
            left += reversed(data["children"] if isinstance(data.get("children"), list) else [])
            continue
        if is_thing(data.get("replies")):
            left.append(data["replies"])
        record = {name: cell for name, cell in data.items() if name != "replies"}
        if (votes := record.pop("score", None)) is not None:
            record.setdefault("ups", votes)  # one vote is no star
        if "selftext" in record and "body" not in record:
            record["body"] = record.pop("selftext")
        yield record


def nested_list(record: Any) -> str | None:
    """Return the name of the only list of records in a record that says nothing itself.

    Groups of reviews (携程), conversations with their messages (美洽): the words are those of
    the members. Beside a post its comments stay where they are.
    """
    if not isinstance(record, dict):
        return None
    lists = [name for name, value in record.items() if _is_list_of_records(value)]
    if len(lists) != 1 or _most_words(record.items(), lists[0]) >= _FEW_WORDS:
        return None
    members = [member for member in record[lists[0]][:_LOOK_AT] if isinstance(member, dict)]
    said = max((_most_words(member.items(), "") for member in members), default=0)
    return lists[0] if said >= _FEW_WORDS else None


def nested_members(record: Any, name: str) -> Iterator[Any]:
    """Yield the members of a list in a record, each with what the record says of them all.

    A record without the list comes out as it is, so that it is not lost without a word.
    """
    members = record.get(name) if isinstance(record, dict) else None
    if not isinstance(members, list) or not members:
        yield record
        return
    shared = {
        ("parent_id" if key == "id" else key): value
        for key, value in record.items()
        if isinstance(value, str | int | float)
    }
    for member in members:
        yield {**shared, **member} if isinstance(member, dict) else member


def with_replies(record: Any, depth: int = 0) -> Iterator[Any]:
    """Yield a record and, after it, the replies in it that are written like records themselves.

    Whoever replies to a post says something, too; a reply with other names than its record, or
    to a review with stars (a shop's answer), stays where it is.
    """
    name = _replies_of(record) if isinstance(record, dict) and depth < _DEEPEST else None
    if name is None:
        yield record
        return
    yield {key: value for key, value in record.items() if key != name}
    ids = [value for key, value in record.items() if key.casefold().endswith("id")]
    for reply in record[name]:
        tied = {"parent_id": ids[0]} if ids and "parent_id" not in reply else {}
        yield from with_replies({**reply, **tied}, depth + 1)


def _replies_of(record: Mapping[str, Any]) -> str | None:
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


def _are_row_names(names: Iterable[str]) -> bool:
    return all(name.isdecimal() for name in names)


def _share_names(members: Iterable[Mapping[str, Any]]) -> bool:
    """Whether most members of an object are records of one kind."""
    members = list(members)
    first = set(members[0])
    alike = sum(2 * len(first & set(member)) >= len(first | set(member)) for member in members)
    return alike >= 0.8 * len(members)


def _is_header(value: Any) -> TypeGuard[list[str]]:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(name, str) and 0 < len(name) <= _MAX_NAME_CHARS for name in value)
        and len(set(value)) == len(value)
    )


def _named(names: list[str], values: list[Any]) -> dict[str, Any]:
    record = dict(zip(names, values, strict=False))
    if len(values) > len(names):
        record["…"] = values[len(names) :]
    return record
