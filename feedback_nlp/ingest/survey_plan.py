"""The plan for a survey: each open answer a feedback, closed answers along with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from feedback_nlp.ingest.fields import FIELDS
from feedback_nlp.ingest.keys import OccurrenceCounter
from feedback_nlp.ingest.plan import ColumnUse, Plan, Wanted, has_people
from feedback_nlp.ingest.resolution import PERSONAL, Resolution
from feedback_nlp.ingest.surveys import (
    Questions,
    SheetReader,
    SurveyLayout,
    asks_who,
    classify_questions,
)
from feedback_nlp.labels import SourceKind


def survey_plan(
    survey: SurveyLayout,
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    found: Resolution,
) -> Plan:
    """Return how an export of a survey tool is read; see :func:`plan_reading`."""
    given = wanted.wishes.given
    if not survey.time and "occurred_at" in found.fields:
        survey = replace(survey, time=found.fields["occurred_at"][0])
    kept = [column for column in columns if column not in wanted.wishes.drop]
    questions = classify_questions(survey, kept, sample, open_column=given.get("text"))
    people = [
        column
        for column in found.fields.get("author", ())
        if column not in survey.author and column not in questions.open
    ]
    reader = SheetReader(
        survey,
        questions,
        wanted.zone,
        OccurrenceCounter(),
        wanted.as_of,
        tuple(people),
        found.looks[time].month_first if (time := survey.time) in found.looks else None,
    )
    mapping = {"source_key": survey.key, "occurred_at": given.get("occurred_at", survey.time)}
    mapping |= {"text": "、".join(questions.open)}
    if questions.rating:
        mapping["rating"] = questions.rating
    mapping = {name: column for name, column in mapping.items() if column}
    uses = _uses(survey, columns, questions, mapping, people, found)
    lost = [(use.column, use.why) for use in uses if use.why]
    return Plan(
        layout=survey.name,
        label=survey.label,
        kind=SourceKind.SURVEY,
        mapping=mapping,
        items=reader.items,
        uses=tuple(uses),
        remarks=tuple(_remarks(survey, found, lost)),
        hides=has_people(columns),
        zone=wanted.zone,
        tally=reader.tally,
    )


def _uses(
    survey: SurveyLayout,
    columns: Sequence[str],
    questions: Questions,
    mapping: Mapping[str, str],
    people: Sequence[str],
    found: Resolution,
) -> list[ColumnUse]:
    """Say what becomes of each column."""
    authors = {*survey.author, *people}
    uses = []
    for column in columns:
        if column in questions.open:
            uses.append(ColumnUse(column, "正文（文字题）"))
        elif column in mapping.values():
            name = next(name for name, taken in mapping.items() if taken == column)
            uses.append(ColumnUse(column, FIELDS[name]))
        elif column in questions.closed:
            uses.append(ColumnUse(column, "附加信息"))
        elif column in authors:
            uses.append(ColumnUse(column, "用户（只存哈希）"))
        else:
            private = asks_who(survey, column) or found.dropped.get(column) == PERSONAL
            why = PERSONAL if private else "不是题目或答案认不出"
            uses.append(ColumnUse(column, "不保存", why))
    return uses


def _remarks(survey: SurveyLayout, found: Resolution, lost: Sequence[tuple[str, str]]) -> list[str]:
    """Say which columns are not stored, and that there is no time."""
    people = [column for column, why in lost if why == PERSONAL]
    remarks = [f"没有保存的列——是个人信息：{'、'.join(people)}"] if people else []
    rest = [column for column, why in lost if why != PERSONAL and found.looks[column].filled]
    if rest and survey.name == "survey":
        remarks.append(f"没有保存的列——不是题目：{'、'.join(rest[:12])}")
    if not survey.time:
        remarks.append("没有找到时间列，所有反馈都按导入时间算")
    return remarks
