"""Replies to posts that carried an ``Idempotency-Key``, kept for a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class StoredReply(SQLModel, table=True):
    """One post under one key; without a status while it is under way."""

    __tablename__: ClassVar[Any] = "stored_reply"
    id: int | None = Field(default=None, primary_key=True)
    key_hash: str = Field(max_length=64, unique=True)  # of caller, address and key
    body_hash: str = Field(max_length=64)
    status: int | None = None
    headers: dict[str, str] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    started_at: datetime = Field(sa_type=UtcDateTime, nullable=False, index=True)
