"""What was said later in one record: steps of a complaint, parts of a conversation, comments.

Each turn becomes a record written like the first: its words, its time and its writer under the
names they have there, and under :data:`ROLE` who speaks. Whose words count is not decided here.

Source: 黑猫投诉 (steps), Intercom Conversations API (conversation_parts), Jira REST API (comments),
Freshdesk API v2 (conversations, ``incoming``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ROLE = "turn.role"
"""The column that says who speaks; blank for the record itself, if it does not say."""

_LISTS = frozenset(
    [
        *("steps", "conversation_parts", "parts", "timeline", "interactions", "follow_ups"),
        *("followups", "complaint_steps", "step_list", "process", "progress", "turns", "thread"),
        "conversations",
    ]
)
_ROLES = frozenset(
    ["role", "speaker", "sender_type", "author_type", "user_type", "identity", "type"]
)
# Flags that say which side speaks, with what they are where a customer does.
_FLAGS = {"incoming": True, "is_customer": True, "from_customer": True, "is_agent": False}
_END_USER = "end-user"
_WRITERS = frozenset(["author", "sender", "user", "from"])
_ASKERS = frozenset(["reporter", "requester", "creator"])
_TIMES = frozenset(
    [
        *("time", "created_at", "createdat", "timestamp", "date", "create_time", "createtime"),
        *("created", "at", "add_time", "addtime", "datetime", "posted_at", "ctime"),
    ]
)
_IDS = ("id", "sn", "key")
_NOT_SHARED = frozenset(
    ["title", "subject", "summary", "score", "rating", "star", "stars", "votes", "likes", "ups"]
)
_LEAST_CHARS, _DEEP, _LOOK_AT = 4, 3, 20
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """Where the records of a file keep what was said later.

    Attributes:
        listed: Path of the list.
        text, time: Paths of the words and of the time of the record itself; time may be missing.
        turn_text: Name of the words in a turn.
    """

    listed: Path
    text: Path
    time: Path | None
    turn_text: str

    def opened(self, record: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a record without its turns, and the turns in order."""
        turns = _at(record, self.listed)
        first = _without(record, self.listed)
        if not isinstance(turns, list):
            return first, []
        first[ROLE] = _role(_at(record, self.text[:-1]), None) or ""
        asker = next((who for name, who in _walk(record) if name in _ASKERS and who), None)
        asked_by = {name: record[name] for name in record if name.casefold() in _ASKERS}
        key = next((name for name in record if name.casefold() in _IDS), None)
        shared = {
            name: value
            for name, value in record.items()
            if isinstance(value, str | int | float)
            and not name.startswith(self.text[-1])  # the same words without their markup
            and not name.casefold().endswith("id")
            and name.casefold() not in _NOT_SHARED
        }
        if key is not None:
            shared["conversation_id"] = first["conversation_id"] = record[key]
        told: list[dict[str, Any]] = []
        for number, turn in enumerate(turns, 1):
            said = turn.get(self.turn_text) if isinstance(turn, dict) else None
            if isinstance(said, str) and said.strip():
                told.append(self._record(turn, shared, asker, asked_by))
                if key is not None:
                    told[-1][key] = turn.get(key) or f"{record[key]}#{number}"
        return first, told

    def _record(
        self,
        turn: Mapping[str, Any],
        shared: Mapping[str, Any],
        asker: Any,
        asked_by: Mapping[str, Any],
    ) -> dict[str, Any]:
        made: dict[str, Any] = dict(shared)
        _put(made, self.text, turn[self.turn_text])
        if self.time is not None:
            own = next((turn[name] for name in turn if name.casefold() in _TIMES), None)
            _put(made, self.time, own)
        for name in _WRITERS & turn.keys():
            _put(made, (*self.text[:-1], name), turn[name])
        made[ROLE] = _role(turn, asker) or "?"
        if made[ROLE] == _END_USER and not _WRITERS & turn.keys():
            made.update(asked_by)
        return made


def turns_of(record: Mapping[str, Any]) -> Turns | None:
    """Return where a record keeps what was said later, or ``None`` if it does not."""
    for path, turns in _lists(record):
        name = path[-1].casefold()
        if name not in _LISTS and name != "comments":
            continue
        asker = any(named in _ASKERS for named, _ in _walk(record))
        if name == "comments" and not asker:
            continue
        members = [turn for turn in turns[:_LOOK_AT] if isinstance(turn, dict)]
        text = _wordiest((cell for turn in members for cell in _strings(turn)), with_path=False)
        own = _wordiest(_strings(_without(record, path)), with_path=True)
        if text is None or own is None or not any(_role(turn, asker) for turn in members):
            continue
        times = (
            found for found, _ in _strings(record, numbers=True) if found[-1].casefold() in _TIMES
        )
        inside = next(times, None)
        return Turns(path, own, inside, text[-1])
    return None


def _role(turn: Any, asker: Any) -> str | None:
    """Return who speaks: as it is said, or by comparing with who asked."""
    if not isinstance(turn, Mapping):
        return None
    writer = next((turn[name] for name in _WRITERS if isinstance(turn.get(name), dict)), None)
    for source in (writer, turn):
        if source is not None:
            for name in source:
                if name.casefold() in _ROLES and isinstance(source[name], str):
                    return str(source[name])
            for name, is_customers in _FLAGS.items():
                if isinstance(flag := source.get(name), bool):
                    return _END_USER if flag is is_customers else "agent"
    if asker is None or writer is None:
        return None
    return _END_USER if writer == asker else "agent"


def _lists(record: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    for name, value in record.items():
        if value.__class__ is list:
            if value and isinstance(value[0], dict):
                yield (*above, name), value
        elif isinstance(value, dict) and len(above) < _DEEP:
            yield from _lists(value, (*above, name))


def _strings(
    record: Mapping[str, Any], above: Path = (), *, numbers: bool = False
) -> Iterator[tuple[Path, str]]:
    for name, value in record.items():
        if isinstance(value, str) or (numbers and isinstance(value, int | float)):
            yield (*above, name), str(value)
        elif isinstance(value, dict) and len(above) < _DEEP - 1:
            yield from _strings(value, (*above, name), numbers=numbers)


def _walk(record: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        yield name.casefold(), value
        if isinstance(value, dict) and depth < _DEEP:
            yield from _walk(value, depth + 1)


def _wordiest(cells: Iterator[tuple[Path, str]], *, with_path: bool) -> Path | None:
    """Return the path of the text with the most letters, Chinese ones counted twice."""
    best, most = None, 0
    for path, text in cells:
        if not with_path and len(path) > 1:
            continue
        words = 0 if text.startswith("http") else sum(map(_weight, text))
        if words > most:
            best, most = path, words
    return best if most >= _LEAST_CHARS else None


def _weight(sign: str) -> int:
    return 2 if "一" <= sign <= "鿿" else int(sign.isalpha())


def _at(record: Mapping[str, Any], path: Path) -> Any:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _without(record: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return a record without what lies at a path."""
    copy = dict(record)
    if len(path) == 1:
        copy.pop(path[0], None)
    elif isinstance(copy.get(path[0]), dict):
        copy[path[0]] = _without(copy[path[0]], path[1:])
    return copy


def _put(record: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value at a path, making the objects on the way."""
    for name in path[:-1]:
        inner = record.get(name)
        record[name] = inner if isinstance(inner, dict) else {}
        record = record[name]
    record[path[-1]] = value
