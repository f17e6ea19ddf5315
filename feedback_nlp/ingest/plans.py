"""Chooses how one file is read: survey, known layout, or by names and content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.layouts import recognise
from feedback_nlp.ingest.plan import Plan, Wanted
from feedback_nlp.ingest.resolution import Resolution
from feedback_nlp.ingest.resolve import resolve
from feedback_nlp.ingest.row_plan import row_plan
from feedback_nlp.ingest.survey_plan import survey_plan
from feedback_nlp.ingest.surveys import (
    known_by,
    recognise_questions,
    recognise_sheets,
    recognise_survey,
)


def plan_reading(
    columns: Sequence[str], sample: Sequence[Mapping[str, Any]], wanted: Wanted
) -> Plan:
    """Decide how a file is read.

    Args:
        columns: Headers of the file.
        sample: The first rows, flat.
        wanted: What the person asked for.

    Raises:
        UnknownLayout: If no column can be taken for the text.
    """
    survey = recognise_survey(columns) or recognise_sheets(columns)
    if survey is not None and (rows := wanted.answers) is not None:
        survey = known_by(survey, rows.key, rows.author)
    layout = recognise(columns) if survey is None else None
    found = resolve(
        columns,
        sample,
        wanted.zone,
        wanted.wishes,
        layout.mapping(columns).columns if layout else None,
    )
    if survey is None and layout is None and not _is_named(found):
        survey = recognise_questions(columns)
    if found.is_utc:
        wanted = replace(wanted, zone=ZoneInfo("UTC"))
    if survey is not None:
        return survey_plan(survey, columns, sample, wanted, found)
    return row_plan(layout, columns, sample, wanted, found)


def _is_named(found: Resolution) -> bool:
    """Whether a text column was found by a name that is no question."""
    text = next(iter(found.fields.get("text", ())), None)
    return text is not None and "text" not in found.guessed and not text.endswith(("?", "？"))
