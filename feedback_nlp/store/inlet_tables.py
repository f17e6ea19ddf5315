"""What was pushed to us, event by event, and how each record stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class InletEvent(SQLModel, table=True):
    """One pushed event: append-only, its body redacted before it is stored.

    ``event_key`` makes an event that is pushed again the same event. ``body_key`` is a keyed
    hash of the raw bytes: it proves what came without holding it.
    """

    __tablename__: ClassVar[Any] = "inlet_event"
    __table_args__ = (UniqueConstraint("inlet", "event_key"),)
    id: int | None = Field(default=None, primary_key=True)
    inlet: str = Field(max_length=60)
    event_key: str = Field(max_length=100)
    body_key: str = Field(max_length=64)
    record_key: str = Field(default="", max_length=300, index=True)
    source_id: int | None = None  # unknown where it could not be read
    outcome: str = Field(max_length=20)
    detail: str = Field(default="", sa_type=Text)
    body: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


class InletRecord(SQLModel, table=True):
    """How a pushed record stands, so that events out of order change nothing.

    A deleted record stays here by a hash of its key alone: what comes late must not bring it
    back, and nobody is found by it.
    """

    __tablename__: ClassVar[Any] = "inlet_record"
    source_id: int = Field(primary_key=True, foreign_key="source.id")
    record_key: str = Field(primary_key=True, max_length=300)
    version: datetime = Field(sa_type=UtcDateTime)
    is_deleted: bool = False
