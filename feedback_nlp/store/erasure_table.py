"""What was erased: the one trace that an erasure leaves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class ErasureKind(StrEnum):
    """Why something was erased."""

    PERSON = "person"
    RETENTION = "retention"


class Erasure(SQLModel, table=True):
    """One erasure: append-only, and says nothing of whom it was.

    ``subject`` is a hash of the author key (of a person), or the name of a source (of what
    had been kept as long as it may be).
    """

    __tablename__: ClassVar[Any] = "erasure"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    subject: str = Field(max_length=200, index=True)
    actor: str = Field(max_length=100)
    reason: str = Field(default="", sa_type=Text)
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    erased_at: datetime = Field(sa_type=UtcDateTime, nullable=False)
