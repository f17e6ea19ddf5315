"""JSON documents that hold records in another shape than a list of objects.

Lists under a first list of names, columns of values by row (pandas' default), names beside
lists of values (``orient="split"``), and records by their key.

Source: pandas.DataFrame.to_json, ``orient``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from feedback_nlp.tabular.json_posts import is_list_of_records

_LEAST_RECORDS = 2
_LEAST_LISTS = 3
_MAX_NAME_CHARS = 200


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
    if sum(is_list_of_records(value) for value in document.values()) > 1:
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


def _of_lists(document: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the records of several lists, each with the name of its list; else of the longest."""
    lists = {name: value for name, value in document.items() if is_list_of_records(value)}
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
        if isinstance(value, list) and is_list_of_records(value)
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
