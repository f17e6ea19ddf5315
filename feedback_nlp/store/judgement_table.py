"""What people say a unit means: it stands against every analysis, and is a label to learn from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import UtcDateTime


class Judgement(SQLModel, table=True):
    """One person's reading of one stretch of a feedback; the newest that was not undone holds.

    The stretch is ``feedback.text[start:end]``: a unit may be cut anew, its text stays.
    ``engine_*`` is what the engine had said then, so that its accuracy can be counted.
    """

    __tablename__: ClassVar[Any] = "judgement"
    __table_args__ = (Index("ix_judgement_feedback_id", "feedback_id"),)
    id: int | None = Field(default=None, primary_key=True)
    feedback_id: int = Field(foreign_key="feedback.id")
    start: int
    end: int
    sentiment: str = Field(max_length=10)
    intent: str = Field(max_length=20)
    engine_sentiment: str = Field(max_length=10)
    engine_intent: str = Field(max_length=20)
    sample: str | None = Field(default=None, max_length=10, index=True)  # week of a blind sample
    actor: str = Field(max_length=100)
    judged_at: datetime = Field(sa_type=UtcDateTime, nullable=False)
    undone_by: str | None = Field(default=None, max_length=100)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)
