"""Any JSON, by a saved mapping of our fields to dotted paths.

::

    [inlets.app.mapping]
    items = "data.list"          # where the list is, if one push carries several
    text = "body.content"
    source_key = "id"
    occurred_at = "created"
    author = "user.id"
    version = "updated"          # when the record became so
    action = "event"             # with deleted = ["removed"] and test = ["ping"]
"""

from __future__ import annotations

from typing import Any

from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import parse_rating
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.inlets.answers import item
from feedback_nlp.inlets.bodies import at, is_empty, needed, text_at
from feedback_nlp.inlets.records import Action, Delivery, Event, Malformed, Reading

TEXT_FIELDS = (
    "title",
    "thread_key",
    "author",
    "product",
    "channel",
    "app_version",
    "device",
    "region",
    "segment",
)
#: What a mapping may name.
NAMES = frozenset(
    {*TEXT_FIELDS, "items", "text", "source_key", "rating", "occurred_at"}
    | {"version", "action", "deleted", "test"}
)


def read(delivery: Delivery, reading: Reading) -> Event:
    """Return the one record of a push, or all of its list."""
    value, mapping = delivery.value, reading.mapping
    said = text_at(value, str(mapping.get("action", ""))) if mapping.get("action") else ""
    if is_empty(value) or (said and said in mapping.get("test", ())):
        return Event(Action.TEST)
    path = mapping.get("items")
    found = at(value, str(path)) if path else value
    if path and not isinstance(found, list):
        raise Malformed(f"推送里的 {path} 不是列表", hint="检查映射")
    rows = found if isinstance(found, list) else [found]
    if len(rows) == 1:
        record = needed(rows[0], str(mapping["source_key"]))
        version = _time(rows[0], reading, "version") or _time(value, reading, "version")
        if said and said in mapping.get("deleted", ()):
            return Event(Action.DELETE, record, version)
        return Event(Action.PUT, record, version, items=(_item(rows[0], reading, record),))
    items = tuple(_item(row, reading, needed(row, str(mapping["source_key"]))) for row in rows)
    return Event(Action.PUT, items=items)


def _item(row: Any, reading: Reading, key: str) -> Any:
    mapping = reading.mapping
    values = {name: text_at(row, mapping[name]) for name in TEXT_FIELDS if name in mapping}
    rating = parse_rating(at(row, mapping["rating"])) if "rating" in mapping else None
    return item(
        key,
        plain(needed(row, mapping["text"])),
        rating=rating,
        occurred_at=_time(row, reading, "occurred_at"),
        **values,
    )


def _time(row: Any, reading: Reading, name: str) -> Any:
    path = reading.mapping.get(name)
    return parse_time(at(row, str(path)), reading.zone) if path else None
