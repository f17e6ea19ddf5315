"""What is owed to the outside, and how fast each outlet may be spoken to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class OutboxRow(SQLModel, table=True):
    """One request that must go out, written in the transaction of its cause.

    ``key`` is made from the cause, so that the same cause twice is one row. Rows of one
    ``series`` go in the order of ``position``. ``token`` grows with each claim: who holds an
    older one has been fenced out. ``payload`` is emptied once it was sent or cancelled.
    """

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__ = (Index("ix_outbox_state_next_at", "state", "next_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=200, unique=True)
    kind: str = Field(max_length=40)  # what it is: digest, notice, test …
    channel: str = Field(max_length=20)
    outlet: str = Field(max_length=100, index=True)
    title: str = Field(default="", max_length=300)
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    series: str | None = Field(default=None, max_length=200, index=True)
    position: int = 0
    repeatable: bool = False
    state: str = Field(default="pending", max_length=20)
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcDateTime)
    last_error: str = Field(default="", sa_type=Text)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
    token: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)


class OutletState(SQLModel, table=True):
    """How fast an outlet was spoken to last, and whether it wants nothing more."""

    __tablename__: ClassVar[Any] = "outlet_state"
    outlet: str = Field(primary_key=True, max_length=100)
    free_at: datetime = Field(sa_type=UtcDateTime)  # "theoretical arrival time" of the pacing
    stopped_reason: str | None = Field(default=None, max_length=300)
