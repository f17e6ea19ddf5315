"""Keys that callers hold, and the record of who changed what.

``audit_event`` is append-only in the database itself: triggers refuse updates and deletes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class ApiKey(SQLModel, table=True):
    """A key without the key: its hash, and a prefix by which people recognise it."""

    __tablename__: ClassVar[Any] = "api_key"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=100, index=True)
    prefix: str = Field(max_length=20)
    key_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    source: str | None = Field(default=None, max_length=200)  # the one source it may feed
    created_by: str = Field(max_length=100)
    created_at: datetime = Field(sa_type=UtcDateTime, nullable=False)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
    replaced_by_id: int | None = Field(default=None, foreign_key="api_key.id")


class AuditEvent(SQLModel, table=True):
    """Who changed what, and when: append-only, without texts of feedback or personal data."""

    __tablename__: ClassVar[Any] = "audit_event"
    id: int | None = Field(default=None, primary_key=True)
    happened_at: datetime = Field(sa_type=UtcDateTime, nullable=False, index=True)
    actor: str = Field(max_length=100)  # name of the key, or the system user at a terminal
    via: str = Field(max_length=20)
    action: str = Field(max_length=60, index=True)
    subject: str = Field(max_length=200, index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    request_id: str = Field(default="", max_length=64)
