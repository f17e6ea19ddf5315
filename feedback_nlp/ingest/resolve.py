"""Which column holds what: names first, then what the first rows look like.

A name only makes a column a candidate; its content must fit. What was taken, guessed,
left unused and dropped is written down for the person who started the import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.columns import aliases, comparable
from feedback_nlp.ingest.extras import is_kept
from feedback_nlp.ingest.key_and_author import find_author, find_key, leave_rounded_threads
from feedback_nlp.ingest.looks import Looks, is_number, look
from feedback_nlp.ingest.people import (
    Person,
    is_answer_by_name,
    is_person_by_content,
    is_said_by_others,
    person_by_name,
)
from feedback_nlp.ingest.resolution import OTHERS_SAID, PERSONAL, UNKNOWN, Resolution, free
from feedback_nlp.ingest.text_and_time import find_rating, find_text, find_time

_COUNT = re.compile(r"\d[\d,]*(?:\.\d+)?\s*[万wWkK]?\+?")
_PLAIN_FIELDS = ("product", "channel", "app_version", "device", "region", "segment", "thread_key")
_COUNTS = ("reach",)
_WORDS_ONLY = ("region", "channel", "device")
_SEVERAL = 3
_SCORE_CHARS = 3
_NUMBERS_OF_PEOPLE = ("id", "号", "编号", "工号", "no", "code")


@dataclass(frozen=True)
class Wishes:
    """What a person said about columns: fields by name, columns to drop and to keep."""

    given: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()


def resolve(
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    zone: ZoneInfo,
    wishes: Wishes,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Resolution:
    """Decide what each column is.

    Args:
        columns: Headers of the file.
        sample: The first rows, flat.
        zone: Zone of times that name none.
        wishes: What a person has named; ``given`` holds headers as the file writes them.
        known: Columns by field of a layout, if one was recognised.
    """
    found = Resolution(
        looks={column: look(column, sample, zone) for column in columns},
        forced=wishes.keep,
        banned=wishes.drop,
    )
    usable = [column for column in columns if column not in wishes.drop]
    for name, group in (known or {}).items():
        found.fields[name] = [column for column in group if column not in wishes.drop]
    for name, column in wishes.given.items():
        found.fields[name] = [column]
    find_text(found, usable)
    find_time(found, usable)
    find_rating(found, usable)
    find_key(found, usable, sample, is_given="source_key" in wishes.given)
    find_author(found, usable, known is not None)
    leave_rounded_threads(found)
    if {"author_id", "public", "body"} <= set(usable) and "role" not in usable:
        found.notes.append(
            "没有列说明哪条是客户、哪条是客服说的，全部算客户的；请连同 users 一起导出"
        )
    for name in (*_PLAIN_FIELDS, *_COUNTS, "crawled_at", "title"):
        _find_plain(found, name, usable)
    _title_is_text(found)
    _join_spellings(found, usable)
    _judge_rest(found, usable, wishes)
    found.fields = {name: group for name, group in found.fields.items() if group}
    return found


def _find_plain(found: Resolution, name: str, columns: Sequence[str]) -> None:
    if found.fields.get(name):
        return
    places = _places(found, columns) if name == "region" else []
    for column in [*found.candidates(name, free(found, columns)), *places]:
        looks = found.looks[column]
        if column in found.dropped:
            continue
        person = person_by_name(column)
        if person is not None and name not in ("region", "device"):
            continue
        if name not in aliases() or (looks.filled and looks.links >= 0.5):
            continue
        if is_person_by_content(looks.values) and name != "thread_key":
            continue
        if name in _COUNTS and 2 * sum(map(_is_count, looks.values)) < looks.filled:
            continue
        if name in _WORDS_ONLY and looks.numbers >= 0.9:
            continue  # Location 8.5 is a score
        if name == "crawled_at" and looks.times < 0.5:
            continue
        if name == "title" and _is_of_the_thing(found, looks):
            continue
        found.fields[name] = [column]
        return


def _is_score(column: str, looks: Looks) -> bool:
    """Whether a column that names staff holds what they were given, 1–10, and no ids."""
    name = comparable(column)
    if name.endswith(_NUMBERS_OF_PEOPLE):
        return False
    return looks.filled > 0 and all(
        is_number(value) and len(value) <= _SCORE_CHARS for value in looks.values
    )


def _is_count(value: str) -> bool:
    """Whether a cell is a number of likes, as pages write it: 37, 1,204, 3.2万, 10w+."""
    return _COUNT.fullmatch(value) is not None


def _is_of_the_thing(found: Resolution, title: Looks) -> bool:
    """Whether a title repeats over texts that differ: it names what is spoken about."""
    text = found.looks.get(next(iter(found.fields.get("text", ())), ""))
    return (
        text is not None
        and title.filled >= _SEVERAL
        and text.distinct >= 0.5
        and title.distinct * title.filled < max(2, 0.2 * title.filled)
    )


def _places(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return columns called IP地址 that hold provinces, as 小红书 and 抖音 show them."""
    named = [c for c in free(found, columns) if comparable(c) in ("ip", "ip地址", "ip位置")]
    return [
        c
        for c in named
        if found.looks[c].values
        and not any(char.isdigit() or char in ".:" for v in found.looks[c].values for char in v)
    ]


def _title_is_text(found: Resolution) -> None:
    """Take a title for the text where there is no other, of several the wordiest."""
    if found.fields.get("text") or not found.fields.get("title"):
        return
    titles = [*found.fields["title"], *found.candidates("title", free(found, list(found.looks)))]
    wordiest = max(titles, key=lambda column: found.looks[column].words)
    found.fields["text"] = [wordiest]
    found.fields["title"] = [column for column in found.fields["title"] if column != wordiest]


def _join_spellings(found: Resolution, columns: Sequence[str]) -> None:
    """Let Content and content be one column: records of two exports joined in one file."""
    spelt: dict[str, list[str]] = {}
    for column in columns:
        spelt.setdefault(column.casefold(), []).append(column)
    for name, group in found.fields.items():
        others = [c for column in group for c in spelt.get(column.casefold(), ())]
        found.fields[name] = list(dict.fromkeys([*group, *others]))


def _judge_rest(found: Resolution, columns: Sequence[str], wishes: Wishes) -> None:
    for column in wishes.drop:
        found.dropped[column] = "按要求不保存"
    for column in free(found, columns):
        if column in wishes.keep:
            found.kept.add(column)
        elif column not in found.dropped:
            why = _why_not(column, found.looks[column])
            if why is None:
                found.kept.add(column)
            else:
                found.dropped[column] = why


def _why_not(column: str, looks: Looks) -> str | None:
    """Return why a column without a field is not stored, or ``None`` if it is."""
    person = person_by_name(column)
    if is_said_by_others(column) or (is_answer_by_name(column) and looks.words > 0):
        return OTHERS_SAID
    if person is Person.AGENT:
        return None if _is_score(column, looks) else "是客服等工作人员"
    if person is not None or is_person_by_content(looks.values):
        return PERSONAL
    if not looks.filled:
        return ""
    return None if is_kept(column, looks) else UNKNOWN
