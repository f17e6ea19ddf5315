"""Tables of a database, read by key and written by upsert: SQLite, PostgreSQL, DuckDB.

The three understand the same few statements, so they are written once. This is somebody
else's database: nothing but the named tables is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from feedback_nlp.errors import InputError, StoreError

PAGE_ROWS = 4_000
_KEYS_A_QUERY = 500  # SQLite takes 32,766 variables, PostgreSQL 65,535


class Connection(Protocol):
    """An open database."""

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """Return the columns and rows of a query with ``?`` for values."""

    def change(self, sql: str, rows: Sequence[Sequence[Any]] = ((),)) -> None:
        """Run a statement once a row, in one transaction."""


class _Sqlalchemy:
    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        from sqlalchemy import text  # noqa: PLC0415 - slow to import

        with self._engine.connect() as connection:
            found = connection.execute(text(_named(sql)), _by_name(values))
            return list(found.keys()), [tuple(row) for row in found]

    def change(self, sql: str, rows: Sequence[Sequence[Any]] = ((),)) -> None:
        from sqlalchemy import text  # noqa: PLC0415 - slow to import

        with self._engine.begin() as connection:
            connection.execute(text(_named(sql)), [_by_name(row) for row in rows])


class _Duckdb:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        found = self._connection.execute(sql, list(values))
        return [column[0] for column in found.description], found.fetchall()

    def change(self, sql: str, rows: Sequence[Sequence[Any]] = ((),)) -> None:
        self._connection.begin()
        try:
            self._connection.executemany(sql, [list(row) for row in rows])
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise


def _named(sql: str) -> str:
    """Return SQL with ``:v0``, ``:v1`` … for ``?``: a colon of the query stays a colon."""
    pieces = sql.replace(":", "\\:").split("?")
    return pieces[0] + "".join(f":v{index}{piece}" for index, piece in enumerate(pieces[1:]))


def _by_name(values: Sequence[Any]) -> dict[str, Any]:
    return {f"v{index}": value for index, value in enumerate(values)}


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a database: ``sqlite:///f.db``, ``postgresql+psycopg://…``, ``duckdb:///f.duckdb``.

    A bare path is a SQLite file; ``duckdb://`` alone is an empty one in memory, whose queries
    may read Parquet folders.

    Raises:
        InputError: If the kind of database is not one of these.
        StoreError: If it cannot be opened, or its driver is missing.
    """
    if url.startswith("duckdb:"):
        with _duckdb(url) as opened:
            yield opened
        return
    from sqlalchemy import create_engine  # noqa: PLC0415 - slow to import
    from sqlalchemy.exc import ArgumentError, DBAPIError  # noqa: PLC0415

    try:
        engine = create_engine(url if "://" in url else f"sqlite:///{url}")
    except ArgumentError as error:
        raise StoreError(f"数据库地址 {url!r} 无法识别", hint="例如 sqlite:///a.db") from error
    except ModuleNotFoundError as error:
        hint = "pip install 'feedback-nlp[postgres]'"
        raise StoreError(f"缺少数据库驱动 {error.name}", hint=hint) from error
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise InputError(f"不支持 {engine.dialect.name}", hint="用 SQLite、PostgreSQL 或 DuckDB")
    try:
        yield _Sqlalchemy(engine)
    except DBAPIError as error:
        raise StoreError(f"数据库报错：{error.orig}", hint="检查表名、列名和权限") from error
    finally:
        engine.dispose()


@contextmanager
def _duckdb(url: str) -> Iterator[Connection]:
    try:
        import duckdb  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        hint = "pip install 'feedback-nlp[duckdb]'"
        raise StoreError("没有安装 duckdb", hint=hint) from error
    try:
        connection = duckdb.connect(url.removeprefix("duckdb://").removeprefix("/") or ":memory:")
        try:
            yield _Duckdb(connection)
        finally:
            connection.close()
    except duckdb.Error as error:
        raise StoreError(f"数据库报错：{error}", hint="检查路径、表名和列名") from error


def quoted(name: str) -> str:
    """Return a name, or ``schema.name``, as an identifier."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def pages(source: Connection, relation: str, key: str) -> Iterator[list[Any]]:
    """Yield the keys of a relation in order, page by page; empty keys are left out.

    Args:
        source: Where it is.
        relation: A quoted table, or a query in brackets.
        key: Name of the key column.

    Raises:
        InputError: If keys are neither whole numbers nor texts.
    """
    column = quoted(key)
    head = f"SELECT {column} FROM {relation} AS source WHERE {column} IS NOT NULL"  # noqa: S608
    tail = f"ORDER BY {column} LIMIT {PAGE_ROWS}"
    _, rows = source.fetch(f"{head} {tail}")
    while rows:
        keys = [row[0] for row in rows]
        if not isinstance(keys[0], int | str):
            kind = type(keys[0]).__name__
            raise InputError(f"键列 {key} 是 {kind}，应是整数或文字", hint="在查询里转换类型")
        yield list(dict.fromkeys(keys))
        _, rows = source.fetch(f"{head} AND {column} > ? {tail}", [keys[-1]])


def with_keys(
    connection: Connection, relation: str, key: str, keys: Sequence[Any], columns: str = "*"
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a relation that have one of these keys, in no order."""
    for begin in range(0, len(keys), _KEYS_A_QUERY):
        some = keys[begin : begin + _KEYS_A_QUERY]
        places = ", ".join("?" * len(some))
        names, rows = connection.fetch(
            f"SELECT {columns} FROM {relation} AS source WHERE {quoted(key)} IN ({places})",  # noqa: S608
            some,
        )
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def upsert(target: Connection, table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows in one transaction; one whose key is there is replaced."""
    if not rows:
        return
    names = list(rows[0])
    others = ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in names if n != key)
    target.change(
        f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, names))}) "  # noqa: S608
        f"VALUES ({', '.join('?' * len(names))}) "
        f"ON CONFLICT ({quoted(key)}) DO UPDATE SET {others}",
        [list(row.values()) for row in rows],
    )
