"""Which topics may be one matter, as the last fit saw it, and what people said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class TopicLikeness(SQLModel, table=True):
    """Two topics that may be one; ``topic_id`` is the lower id.

    A fit replaces what it found before. Where a person said that they are not one
    (``refused_by``), the row stays, whatever a fit finds.
    """

    __tablename__: ClassVar[Any] = "topic_likeness"
    __table_args__ = (UniqueConstraint("topic_id", "other_id"),)
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topic.id")
    other_id: int = Field(foreign_key="topic.id", index=True)
    score: float = 0.0  # 0–1; 0 where people kept apart what no fit had proposed
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    run_id: int | None = Field(default=None, foreign_key="run.id")
    found_at: datetime = Field(sa_type=UtcDateTime, nullable=False)
    refused_by: str | None = Field(default=None, max_length=100)
    refused_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
