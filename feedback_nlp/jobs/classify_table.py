"""The batch job from table to table: what is new by key is read and written by upsert.

Each page of keys is one transaction on the target, so a run may be killed anywhere and
started again: it goes on with the keys that the target lacks. Late and small keys are not
missed, because keys are compared, not a high-water mark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feedback_nlp.batch.payload import Rows
from feedback_nlp.batch.plan import Chunk, Layout, RowPlan
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
    with connect(options.source) as source:
        if options.target == options.source:
            return _run(source, source, relation, config, options, progress)
        with connect(options.target) as target:
            return _run(source, target, relation, config, options, progress)


def _run(
    source: Connection,
    target: Connection,
    relation: str,
    config: PipelineConfig,
    options: TableOptions,
    progress: Callable[[int], None],
) -> TableReport:
    columns, _ = source.fetch(f"SELECT * FROM {relation} AS source LIMIT 0")  # noqa: S608
    text = _text_column(columns, options)
    empty = f"SELECT count(*) FROM {relation} AS source WHERE {quoted(options.key)} IS NULL"  # noqa: S608
    without_key = source.fetch(empty)[1][0][0]
    plan = RowPlan(
        config=config,
        zone=options.zone,
        layouts=(Layout(relation, "table", tuple(columns), text, options.key),),
        kind="jsonl",
        depth=options.depth,
        keep=frozenset(),
        secret=options.secret.encode() if options.redact and options.secret else None,
        topics=topics_of(options.topics_of),
    )
    counts = {"found": 0, "known": 0, "written": 0}
    chunks = _new_rows(source, target, relation, text, options, counts)
    for done in score_chunks(chunks, plan, options.workers or 1):
        assert done.payload is not None
        rows = [json.loads(line) for line in done.payload.splitlines()]
        models = json.dumps(done.versions, sort_keys=True)
        upsert(target, options.into, options.key, [_row(row, models, options) for row in rows])
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
    return text


def _new_rows(
    source: Connection,
    target: Connection,
    relation: str,
    text: str,
    options: TableOptions,
    counts: dict[str, int],
) -> Iterator[Chunk]:
    key, into = options.key, quoted(options.into)
    wanted = f"{quoted(key)}, {quoted(text)}"
    first = 1
    for index, keys in enumerate(pages(source, relation, key)):
        if index == 0:
            _make_table(target, keys[0], options)
        known: set[Any] = set()
        if not options.again:
            known = {row[key] for row in with_keys(target, into, key, keys, quoted(key))}
        new = [value for value in keys if value not in known]
        counts["found"] += len(keys)
        counts["known"] += len(known)
        if not new:
            continue
        rows = {row[key]: row for row in with_keys(source, relation, key, new, wanted)}
        payload = Rows([Row(first + at, rows[value]) for at, value in enumerate(new)])
        yield Chunk(index, first, 0, payload, len(new), None)
        first += len(new)


def _make_table(target: Connection, key: Any, options: TableOptions) -> None:
    kind = "BIGINT" if isinstance(key, int) else "VARCHAR(500)"
    names = [name for name in _TYPES if name != "text" or options.redact]
    others = ", ".join(f"{quoted(name)} {_TYPES[name]} NOT NULL" for name in names)
    target.change(
        f"CREATE TABLE IF NOT EXISTS {quoted(options.into)} "
        f"({quoted(options.key)} {kind} PRIMARY KEY, {others})"
    )


def _row(row: dict[str, Any], models: str, options: TableOptions) -> dict[str, Any]:
    return {
        options.key: row["id"],
        "sentiment": row["sentiment"],
        "sentiment_score": row["sentiment_score"],
        "intent": row["intent"],
        "units": json.dumps(row["units"], ensure_ascii=False),
        **({"text": row["text"]} if options.redact else {}),
        "models": models,
    }
