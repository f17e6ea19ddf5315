"""What is kept so that no list counts every row: see :mod:`feedback_nlp.store.rollup` and
:mod:`feedback_nlp.store.changes`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from feedback_nlp.store.columns import Json, UtcDateTime


class Stale(SQLModel, table=True):
    """A subject whose kept sums no longer hold from a moment on; written by triggers."""

    __tablename__: ClassVar[Any] = "stale"
    __table_args__ = (
        Index("ix_stale_kind_subject_id_said_at", "kind", "subject_id", "said_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=10)  # SubjectKind
    subject_id: int
    said_at: datetime = Field(sa_type=UtcDateTime, nullable=False)


class SubjectCount(SQLModel, table=True):
    """How much stands behind a topic or a request over all time.

    ``product`` "" is all, ``source_id`` 0 as well; of requests no products are kept apart.
    """

    __tablename__: ClassVar[Any] = "subject_count"
    kind: str = Field(primary_key=True, max_length=10)
    subject_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    product: str = Field(primary_key=True, max_length=200)
    source_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    units: int
    posts: int
    people: int
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime, nullable=True)


class WeekStanding(SQLModel, table=True):
    """What all of the past says of a subject as of the end of one week (or month).

    ``basis`` names everything else that the figures depend on: weights, volume of the week.
    """

    __tablename__: ClassVar[Any] = "week_standing"
    kind: str = Field(primary_key=True, max_length=10)
    subject_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    week: str = Field(primary_key=True, max_length=10)
    product: str = Field(primary_key=True, max_length=200)
    basis: str = Field(max_length=64)
    end_at: datetime = Field(sa_type=UtcDateTime, nullable=False)
    figures: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))


class ChangeCount(SQLModel, table=True):
    """Changes by who made them, so that two writers never wait for one another.

    ``writer`` is the server process on PostgreSQL, 0 on SQLite, which has one writer at a time.
    """

    __tablename__: ClassVar[Any] = "change_count"
    writer: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    changes: int = Field(sa_type=BigInteger)
