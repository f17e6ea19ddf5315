"""The batch job from table to table, or to a folder of Parquet: what is new by key, by upsert.

Each page of keys is one transaction on the target, so a run may be killed anywhere and
started again: it goes on with the keys that the target lacks. Late and small keys are not
missed, because keys are compared, not a high-water mark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from feedback_nlp.batch.payload import Rows
from feedback_nlp.batch.plan import Chunk, Layout, RowPlan, input_name
from feedback_nlp.batch.pool import score_chunks
from feedback_nlp.batch.sql_tables import Connection, connect, pages, quoted, upsert, with_keys
from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import InputError, UnknownLayout
from feedback_nlp.ingest import text_and_key_columns
from feedback_nlp.jobs.classify import topics_of
from feedback_nlp.jobs.options import TableOptions
from feedback_nlp.tabular import Row

_TYPES = {
    "sentiment": "VARCHAR(20)",
    "sentiment_score": "DOUBLE PRECISION",
    "intent": "VARCHAR(20)",
    "units": "TEXT",
    "text": "TEXT",
    "models": "TEXT",
}


@dataclass(frozen=True, slots=True)
class TableReport:
    """What became of a table.

    Attributes:
        found: Rows with a key.
        known: Of these, rows that the target had already and that were left alone.
        written: Of these, rows read and written now: ``found == known + written``.
        without_key: Rows without a key, which cannot be written.
    """

    found: int
    known: int
    written: int
    without_key: int


def classify_table(
    config: PipelineConfig,
    options: TableOptions,
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> TableReport:
    """Understand what is new in a table, and write it to another.

    Args:
        config: The analysis.
        options: Which tables, which columns.
        progress: Called with the rows written so far.

    Raises:
        InputError: If a column is missing, or a key is neither whole number nor text.
        StoreError: If a database cannot be used.
    """
    if (options.table is None) == (options.query is None):
        raise InputError("表和查询要给一个，而且只给一个", hint="整张表只给表名")
    if options.redact and not options.secret:
        raise InputError("遮盖个人信息再写进数据库，要有固定的密钥", hint="设置 FEEDBACK_SECRET")
    query = (options.query or "").strip().rstrip(";")
    relation = quoted(options.table) if options.table else f"({query})"
    if (options.into is None) == (options.partition_by is None):
        raise InputError(
            "写进一张表，或按日期写进目录，要给一个，而且只给一个", reason="table-or-folder"
        )
    with ExitStack() as stack:
        source = stack.enter_context(connect(options.source))
        plan = _plan(source, relation, config, options)
        target = _open_target(stack, source, plan, options)
        return _run(source, target, relation, plan, options, progress)


class Target(Protocol):
    """What is written: a table, or a folder of Parquet files."""

    def make(self, key: Any) -> None:
        """Make it if it is missing, for keys like this one."""

    def known(self, keys: Sequence[Any]) -> set[Any]:
        """Return which of these keys it has."""

    def write(self, rows: Sequence[Mapping[str, Any]], models: str) -> None:
        """Write rows that were read by these models; one whose key is there is replaced."""


class _Table:
    """A table of a database; a page of keys is one transaction."""

    def __init__(self, database: Connection, options: TableOptions) -> None:
        assert options.into is not None
        self._database = database
        self._into = options.into
        self._key = options.key
        self._redact = options.redact

    def make(self, key: Any) -> None:
        kind = "BIGINT" if isinstance(key, int) else "VARCHAR(500)"
        names = [name for name in _TYPES if name != "text" or self._redact]
        others = ", ".join(f"{quoted(name)} {_TYPES[name]} NOT NULL" for name in names)
        self._database.change(
            f"CREATE TABLE IF NOT EXISTS {quoted(self._into)} "
            f"({quoted(self._key)} {kind} PRIMARY KEY, {others})"
        )

    def known(self, keys: Sequence[Any]) -> set[Any]:
        found = with_keys(self._database, quoted(self._into), self._key, keys, quoted(self._key))
        return {row[self._key] for row in found}

    def write(self, rows: Sequence[Mapping[str, Any]], models: str) -> None:
        upsert(self._database, self._into, self._key, [self._row(row, models) for row in rows])

    def _row(self, row: Mapping[str, Any], models: str) -> dict[str, Any]:
        return {
            self._key: row["id"],
            "sentiment": row["sentiment"],
            "sentiment_score": row["sentiment_score"],
            "intent": row["intent"],
            "units": json.dumps(row["units"], ensure_ascii=False),
            **({"text": row["text"]} if self._redact else {}),
            "models": models,
        }


def _open_target(
    stack: ExitStack, source: Connection, plan: RowPlan, options: TableOptions
) -> Target:
    if options.partition_by is not None:
        from feedback_nlp.batch.table_folders import open_folder  # noqa: PLC0415 - loads Arrow

        column = input_name(options.partition_by)
        return stack.enter_context(
            open_folder(options.target, options.key, column, plan, masked=options.redact)
        )
    if options.target == options.source:
        return _Table(source, options)
    return _Table(stack.enter_context(connect(options.target)), options)


def _plan(
    source: Connection, relation: str, config: PipelineConfig, options: TableOptions
) -> RowPlan:
    columns, _ = source.fetch(f"SELECT * FROM {relation} AS source LIMIT 0")  # noqa: S608
    text = _text_column(columns, options)
    by = options.partition_by
    return RowPlan(
        config=config,
        zone=options.zone,
        layouts=(Layout(relation, "table", tuple(columns), text, options.key),),
        kind="jsonl",
        depth=options.depth,
        keep=frozenset() if by is None else frozenset({input_name(by)}),
        secret=options.secret.encode() if options.redact and options.secret else None,
        topics=topics_of(options.topics_of),
    )


def _run(
    source: Connection,
    target: Target,
    relation: str,
    plan: RowPlan,
    options: TableOptions,
    progress: Callable[[int], None],
) -> TableReport:
    empty = f"SELECT count(*) FROM {relation} AS source WHERE {quoted(options.key)} IS NULL"  # noqa: S608
    without_key = source.fetch(empty)[1][0][0]
    counts = {"found": 0, "known": 0, "written": 0}
    chunks = _new_rows(source, target, relation, plan.layouts[0].text_column, options, counts)
    for done in score_chunks(chunks, plan, options.workers or 1):
        assert done.payload is not None
        rows = [json.loads(line) for line in done.payload.splitlines()]
        target.write(rows, json.dumps(done.versions, sort_keys=True))
        counts["written"] += len(rows)
        progress(counts["written"])
    return TableReport(**counts, without_key=without_key)


def _text_column(columns: Sequence[str], options: TableOptions) -> str:
    text = options.text or text_and_key_columns(columns)[0]
    shown = f"可用的列：{'、'.join(columns)}"
    if options.key not in columns:
        raise InputError(f"没有键列 {options.key}", hint=shown)
    if text is None:
        raise UnknownLayout("看不出哪一列是文字", hint=f"请指明文字列。{shown}")
    if text not in columns:
        raise InputError(f"没有文字列 {text}", hint=shown)
    by = options.partition_by
    if by is not None and (by not in columns or by in (options.key, text)):
        raise InputError(f"不能按 {by} 分目录：要一列日期，不是键列或文字列", hint=shown)
    return text


def _new_rows(
    source: Connection,
    target: Target,
    relation: str,
    text: str,
    options: TableOptions,
    counts: dict[str, int],
) -> Iterator[Chunk]:
    key = options.key
    names = dict.fromkeys([key, text, *([options.partition_by] if options.partition_by else [])])
    wanted = ", ".join(map(quoted, names))
    first = 1
    for index, keys in enumerate(pages(source, relation, key)):
        if index == 0:
            target.make(keys[0])
        known = set() if options.again else target.known(keys)
        new = [value for value in keys if value not in known]
        counts["found"] += len(keys)
        counts["known"] += len(known)
        if not new:
            continue
        rows = {row[key]: row for row in with_keys(source, relation, key, new, wanted)}
        payload = Rows([Row(first + at, rows[value]) for at, value in enumerate(new)])
        yield Chunk(index, first, 0, payload, len(new), None)
        first += len(new)
