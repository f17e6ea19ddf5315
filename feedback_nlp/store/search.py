"""Chinese full-text search by character bigrams, the same on SQLite and PostgreSQL.

Each run of letters and digits of the folded text (lower case, half width, simplified)
is indexed as its overlapping character pairs followed by its last character alone:
``登录失败`` → ``登录 录失 失败 败``. A query of two or more characters becomes the phrase of
its pairs; one character becomes a prefix. So a hit means exactly what ``LIKE '%…%'`` on
the folded text means, no dictionary is needed, and a phrase never crosses punctuation.
Words separated by spaces or punctuation in a query must all be found.

Tokens are stored as four base-32 digits a character, so neither database's own idea of
word characters or of case matters.

Source: trials in docs/decisions/0002-store.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, bindparam, column, func, literal_column, select, table, text
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from feedback_nlp.chinese import fold
from feedback_nlp.store.search_tokens import CODE_LENGTH, DIGITS, rendered_tokens
from feedback_nlp.store.tables import Feedback

_RUN = re.compile(r"[^\W_]+")

_COMMON = 3_000
"""From so many hits on, the newest of them are found sooner by a walk than by sorting all."""

_SEARCH = table("feedback_search", column("feedback_id"), column("tokens"))


def index_tokens(text_: str) -> list[str]:
    """Return the tokens under which a text is found, in order.

    >>> index_tokens("登录！录")
    ['0tjr0nql', '0nql', '0nql']
    """
    return rendered_tokens([text_])[0].split()


def _code(character: str) -> str:
    point = ord(character)
    return "".join(DIGITS[(point >> shift) & 31] for shift in (15, 10, 5, 0))


def _query_runs(query: str) -> list[list[str]]:
    """Return one phrase (list of tokens) per run of the query; single characters alone."""
    phrases = []
    for run in _RUN.findall(fold(query)):
        codes = [_code(character) for character in run]
        phrases.append([left + right for left, right in pairwise(codes)] or codes)
    return phrases


def create_search_table(connection: Connection) -> None:
    """Create the index table for the dialect at hand."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "CREATE TABLE feedback_search (feedback_id INTEGER PRIMARY KEY "
                "REFERENCES feedback (id) ON DELETE CASCADE, tokens TSVECTOR NOT NULL)"
            )
        )
        connection.execute(
            text("CREATE INDEX ix_feedback_search_tokens ON feedback_search USING GIN (tokens)")
        )
    else:
        connection.execute(
            text(
                "CREATE VIRTUAL TABLE feedback_search USING fts5 "
                "(tokens, tokenize = 'unicode61 remove_diacritics 0')"
            )
        )


def drop_search_table(connection: Connection) -> None:
    """Drop the index table."""
    connection.execute(text("DROP TABLE feedback_search"))


def index_feedback(session: Session, rows: Iterable[tuple[int, str]]) -> None:
    """Add feedback to the index, in the same transaction as the rows themselves.

    Args:
        session: The writing session.
        rows: ``(feedback id, stored text)`` pairs.
    """
    pairs = list(rows)
    if not pairs:
        return
    postgres = session.get_bind().dialect.name == "postgresql"
    tokens = rendered_tokens([text_ for _, text_ in pairs])
    if postgres:
        tokens = [_tsvector(line.split()) for line in tokens]
    parameters = [(id_, line) for (id_, _), line in zip(pairs, tokens, strict=True)]
    statement = (
        "INSERT INTO feedback_search (feedback_id, tokens) VALUES (%s, CAST(%s AS tsvector))"
        if postgres
        else "INSERT INTO feedback_search (rowid, tokens) VALUES (?, ?)"
    )
    session.connection().exec_driver_sql(statement, parameters)


def matches(session: Session, query: str, *, walked: bool = False) -> ColumnElement[bool]:
    """Return the condition "this feedback contains every word of the query".

    Args:
        session: Tells which dialect to speak.
        query: What a person typed. A query without any letter or digit matches nothing.
        walked: The rows are read in an order of their own until enough are found: words that
            are common are then looked up row by row, instead of being collected and sorted.
    """
    phrases = _query_runs(query)
    if not phrases:
        return literal_column("1") == literal_column("0")
    if session.get_bind().dialect.name == "postgresql":
        expression = " & ".join(f"({_pg_phrase(phrase)})" for phrase in phrases)
        id_: ColumnElement[Any] = _SEARCH.c.feedback_id
        is_found = text("tokens @@ CAST(:search_query AS tsquery)")
    else:
        expression = " AND ".join(_fts_phrase(phrase) for phrase in phrases)
        id_ = literal_column("feedback_search.rowid")
        is_found = text("feedback_search MATCH :search_query")
    found = (
        select(id_)
        .select_from(_SEARCH)
        .where(is_found.bindparams(bindparam("search_query", expression)))
    )
    if walked and is_common(session, found):
        if session.get_bind().dialect.name == "postgresql":
            return found.where(id_ == col(Feedback.id)).exists()
        # The sum keeps SQLite on the walk: ids are collected once, and looked up on the way.
        return (col(Feedback.id) + 0).in_(found)
    return col(Feedback.id).in_(found)


def is_common(session: Session, found: Any) -> bool:
    """Tell whether a query of ids finds so many that a walk meets them soon."""
    few = found.limit(_COMMON).subquery()
    return (session.scalar(select(func.count()).select_from(few)) or 0) >= _COMMON


def _is_single(phrase: Sequence[str]) -> bool:
    return len(phrase[0]) == CODE_LENGTH


def _fts_phrase(phrase: Sequence[str]) -> str:
    return f'"{phrase[0]}"*' if _is_single(phrase) else f'"{" ".join(phrase)}"'


def _pg_phrase(phrase: Sequence[str]) -> str:
    if _is_single(phrase):
        return f"'{phrase[0]}':*"
    return " <-> ".join(f"'{token}'" for token in phrase)


def _tsvector(tokens: Sequence[str]) -> str:
    return " ".join(f"{token}:{position}" for position, token in enumerate(tokens, start=1))
