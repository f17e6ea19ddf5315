"""A delivery, the event it carries, and the port of connectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem


class Malformed(InputError):
    """A delivery that cannot be read; nothing of it becomes feedback."""

    code = "malformed-event"
    title = "推送读不懂"


class WrongSignature(InputError):
    """A delivery that was not signed as agreed."""

    code = "wrong-signature"
    title = "签名不对"


class Action(StrEnum):
    """What an event asks for."""

    PUT = "put"
    DELETE = "delete"
    TEST = "test"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request as it came.

    Attributes:
        body: The raw bytes, which are what is signed.
        headers: Names in lower case.
        value: The body's JSON, read once.
    """

    body: bytes
    headers: Mapping[str, str]
    value: Any


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery says.

    Attributes:
        action: What is to be done.
        record: The answer, post or message that it is about, unique in its source.
        version: When the record became so; older events change nothing.
        key: The sender's own name for the event; the body stands for it if blank.
        items: What people said, each with ``record`` as its key or thread key.
        dropped: Fields that were not stored, for people.
    """

    action: Action
    record: str = ""
    version: datetime | None = None
    key: str = ""
    items: tuple[RawItem, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How the deliveries of one inlet are read.

    Attributes:
        zone: Of times that name none.
        mapping: What the configuration says: fields to paths.
    """

    zone: ZoneInfo
    mapping: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connector:
    """One kind of sender.

    Attributes:
        name: As the configuration names it.
        label: As people read it.
        kind: What its feedback is.
        signs: Whether it signs, so that a secret has a use.
        verify: Raises :class:`WrongSignature`; called with a secret only.
        read: Returns the event; raises :class:`Malformed`.
    """

    name: str
    label: str
    kind: SourceKind
    signs: bool
    verify: Callable[[Delivery, str, datetime], None]
    read: Callable[[Delivery, Reading], Event]
