"""Where people can be written to: the only table with a reachable identity, and sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import UtcDateTime


class Contact(SQLModel, table=True):
    """An address that came with a feedback, and with the consent to be answered there.

    It hangs on its feedback: where that is erased, replaced or past its term, the address goes
    with it. ``sealed`` is opened by the deployment's key alone.
    """

    __tablename__: ClassVar[Any] = "contact"
    id: int | None = Field(default=None, primary_key=True)
    feedback_id: int = Field(foreign_key="feedback.id", unique=True)
    person_key: str = Field(max_length=64, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
