"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

# Rows are made by SQLAlchemy and by our own code, and checked by neither: the schemas that
# pydantic would make of every table at the start (.06 s of CPU) are made when one is asked for.
SQLModel.model_config["defer_build"] = True

Json = JSON().with_variant(JSONB(), "postgresql")


class RottenValue(Exception):
    """A stored value is not what was stored there: the file is damaged."""


def sound_json(text: str) -> Any:
    """Parse stored JSON.

    Raises:
        RottenValue: If it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, TypeError) as error:
        raise RottenValue("不是 JSON 的 JSON") from error


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in and out; stored in UTC (naive text on SQLite, timestamptz on PostgreSQL)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use a zoned column where the database has one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a naive value is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"expected an aware datetime, got naive {value!r}")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Write as ever; on SQLite by one call, for the generic way cost a tenth of an import."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def written(value: datetime | None) -> str | None:
            if value is not None and value.tzinfo is UTC:
                return value.isoformat(" ", "microseconds")[: -len("+00:00")]
            moment = self.process_bind_param(value, dialect)
            return None if moment is None else moment.isoformat(" ", "microseconds")

        return written

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Read as ever; what is no time is rot, not a programming error."""
        read = super().result_processor(dialect, coltype)

        def sound(value: Any) -> Any:
            try:
                return read(value) if read else value
            except (ValueError, TypeError) as error:
                raise RottenValue("不是时间的时间") from error

        return sound
