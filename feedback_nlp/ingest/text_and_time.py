"""Finds the columns of text, time and rating: by name, and by content where names are silent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feedback_nlp.ingest.columns import (
    aliases,
    begins_with,
    candidates,
    comparable,
    own_name,
    read_toml,
    without_brackets,
)
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.people import (
    is_answer_by_name,
    is_said_by_others,
    person_by_name,
    replies_to_us,
)
from feedback_nlp.ingest.ratings import is_tens_scale
from feedback_nlp.ingest.resolution import GUESS_ROWS, SENT_BY_US, Resolution, free
from feedback_nlp.ingest.speakers import has_dialogues
from feedback_nlp.ingest.times import month_comes_first

_NUMBERED = re.compile(r"列\d+")
# Not gmt_create, in which databases keep local time all the same.
_UTC = re.compile(r"(?i)(?<![a-z])utc(?![a-z+\-])|[(（]gmt[)）]")
_USUAL = 0.6  # of the rows in which another time stands
_NAMED_MARGIN = 0.35
_GUESS_WORDS = 0.35
_ONLY_WORDS = 0.1  # there is no other column that it might be
_ALL_CLASSES, _CLASS_CHARS = 0.95, 4
_VERDICTS, _VERDICT_CHARS = 7, 6
_ONE_FOR_MANY, _STEM, _RECEIVED = 0.5, 2, ("接收", "收到", "上行", "received")
_DETAILS = ("详细内容", "详情", "详细描述", "补充说明", "问题详情", "具体描述")


def find_text(found: Resolution, columns: Sequence[str]) -> None:
    """Take the text: the likeliest name whose content looks written, else a clear guess."""
    if found.fields.get("text"):
        return
    if _take_replies(found, columns):
        return
    named = [c for c in candidates("text", columns) if person_by_name(c) is None]
    written = [column for column in named if not _is_verdict(found.looks[column])]
    fits = {column: found.looks[column].words * _weight(found.looks[column]) for column in written}
    best = max(fits.values(), default=0.0)
    chosen = next((c for c in written if fits[c] > 0 and fits[c] >= _NAMED_MARGIN * best), None)
    if chosen is None:
        chosen = _dialogue_column(found, columns)
    if chosen is None and (guess := _guessed_text(found, columns)):
        chosen = guess
        _tell_guess(found, "text", "正文", chosen)
    if chosen is None and named:
        wordy = [c for c in named if found.looks[c].filled and found.looks[c].numbers < 0.5]
        chosen = next(iter(wordy or named))
        if chosen not in written:
            found.guessed.add("text")  # a survey, if its header asks
    if chosen:
        found.fields["text"] = [chosen]
        detail = next((c for c in named if c in _DETAILS and c != chosen), None)
        if detail and found.looks[detail].words > 0 and not found.fields.get("title"):
            found.fields["text"], found.fields["title"] = [detail], [chosen]


def _take_replies(found: Resolution, columns: Sequence[str]) -> bool:
    """Take what people replied to what they were sent, and when: 回复内容 beside 下发内容."""
    for sent, reply, is_told in replies_to_us(columns):
        ours, theirs = found.looks[sent], found.looks[reply]
        is_one_for_many = len(set(ours.values)) <= _ONE_FOR_MANY * ours.filled
        if not theirs.filled or not (is_told or (ours.filled >= GUESS_ROWS and is_one_for_many)):
            continue
        if theirs.distinct <= ours.distinct and not is_told:
            continue
        found.fields["text"], found.asks_people = [reply], True
        found.dropped[sent] = SENT_BY_US
        begin = comparable(reply)[:_STEM]
        times = [c for c in columns if found.looks[c].times >= 0.5]
        own = [c for c in times if comparable(c).startswith((begin, *_RECEIVED))]
        if own and not found.fields.get("occurred_at"):
            found.fields["occurred_at"] = own[:1]
        return True
    return False


def _is_verdict(looks: Looks) -> bool:
    """Whether a column holds words on a scale (非常满意, 一般), however its header is worded."""
    kinds = set(looks.values)
    repeats = len(kinds) < looks.filled or looks.filled < _VERDICTS
    return (
        looks.filled >= GUESS_ROWS
        and looks.ratings >= _ALL_CLASSES
        and len(kinds) <= _VERDICTS
        and looks.chars <= _VERDICT_CHARS
        and repeats
    )


def _tell_guess(found: Resolution, field: str, word: str, column: str) -> None:
    """Note for the person who started the import that a column was taken by its content."""
    found.guessed.add(field)
    found.notes.append(f"{word}取自列“{column}”（按内容猜的）；不对请指明{word}列")


def _dialogue_column(found: Resolution, columns: Sequence[str]) -> str | None:
    """Return a column whose cells are dialogues, whatever it is called."""
    free_columns = [c for c in columns if c not in found.used and person_by_name(c) is None]
    return next((c for c in free_columns if has_dialogues(found.looks[c].values)), None)


def _weight(looks: Looks) -> float:
    return min(1.0, looks.share_filled + 0.5)


def _guessed_text(found: Resolution, columns: Sequence[str]) -> str | None:
    """Return the wordiest column, one of a wrapper nobody knows only if there is no other."""
    nested = [c for c in columns if own_name(c) is None and not is_said_by_others(c)]
    return _wordiest(found, [c for c in columns if own_name(c) is not None]) or _wordiest(
        found, nested
    )


def _wordiest(found: Resolution, columns: Sequence[str]) -> str | None:
    title = set(found.candidates("title", columns))
    scores = {}
    few = GUESS_ROWS if len(found.looks) > 1 else 1
    least = _GUESS_WORDS if len(found.looks) > 1 else _ONLY_WORDS
    for column in columns:
        looks = found.looks[column]
        if column in title or column in found.used:
            continue
        if looks.filled < few or person_by_name(column) or looks.words < least:
            continue
        if begins_with(column, read_toml("aliases.toml")["not_beginning"]["text"]):
            continue
        scores[column] = looks.words * looks.share_filled
    return max(scores, key=scores.__getitem__, default=None)


def find_time(found: Resolution, columns: Sequence[str]) -> None:
    """Take the time: a name whose content reads as times; join a time of day to a date."""
    if not found.fields.get("occurred_at"):
        named = found.candidates("occurred_at", free(found, columns))
        fitting = [c for c in named if found.looks[c].times >= 0.5]
        whole = [c for c in fitting if found.looks[c].clocks < 0.5]
        most = max((found.looks[c].share_filled for c in whole), default=0.0)
        whole = [c for c in whole if found.looks[c].share_filled >= _USUAL * most]
        if any(map(is_answer_by_name, columns)):  # Response Date beside Developer Response
            whole = [c for c in whole if not comparable(c).startswith("respon")] or whole
        blank = [c for c in named if not found.looks[c].filled]
        clocks = [c for c in named if found.looks[c].clocks >= 0.5]
        chosen = next(iter(whole or blank), None)
        if chosen is None and not clocks:
            chosen = _guessed_time(found, columns)
        if chosen is None and clocks:
            days = [c for c in free(found, columns) if _is_day(found.looks[c])]
            chosen = next(iter(days), None)
        if chosen is None:
            chosen = _instead(found, columns)
        if chosen is not None:
            found.fields["occurred_at"] = [chosen]
    taken = found.fields.get("occurred_at", ())
    if taken and taken[0] in found.looks:
        found.month_first = found.looks[taken[0]].month_first
        if found.month_first is not None:
            order = "月/日/年" if found.month_first else "日/月/年"
            if month_comes_first(found.looks[taken[0]].values) is None:
                why = "没有大于 12 的数，按 24 小时制的习惯猜的；不对请先改写日期"
            else:
                why = "由大于 12 的数或 AM、PM 看出"
            found.notes.append(f"列“{taken[0]}”的日期按 {order} 读（{why}）")
    if taken and _UTC.search(taken[0]):
        found.is_utc = True
        found.notes.append(f"列“{taken[0]}”的时间按 UTC 读")
    if len(taken) == 1 and taken[0] in found.looks and _is_day(found.looks[taken[0]]):
        found.clock = next(
            (
                c
                for c in free(found, columns)
                if found.looks[c].filled and found.looks[c].clocks >= 0.5
            ),
            None,
        )


def _instead(found: Resolution, columns: Sequence[str]) -> str | None:
    """Return the time of what is spoken of (下单时间) where nothing says when it was said."""
    by_name = {comparable(column): column for column in reversed(free(found, columns))}
    for name in map(comparable, read_toml("aliases.toml")["instead"]["occurred_at"]):
        column = by_name.get(name)
        if column is not None and found.looks[column].times >= 0.8:
            found.time_stands_in = True
            found.notes.append(
                f"没有评价或反馈的时间，按列“{column}”算，实际只会更晚；有时间列请指明时间列"
            )
            return column
    return None


def _is_day(looks: Looks) -> bool:
    """Whether a column holds dates without a time of day."""
    values = looks.values
    return bool(values) and looks.times >= 0.5 and not any(":" in v or "：" in v for v in values)


def _guessed_time(found: Resolution, columns: Sequence[str]) -> str | None:
    barred = tuple(read_toml("aliases.toml")["not_beginning"]["occurred_at"])
    crawled = set(found.candidates("crawled_at", columns))
    fitting = [
        c
        for c in free(found, columns)
        if found.looks[c].times >= 0.8
        and found.looks[c].numbers < 0.5
        and c not in crawled
        and not is_said_by_others(c)
        and not comparable(c).startswith(barred)
        and person_by_name(c) is None
    ]
    if not fitting:
        return None
    _tell_guess(found, "occurred_at", "时间", fitting[0])
    return fitting[0]


def find_rating(found: Resolution, columns: Sequence[str]) -> None:
    """Take the rating: the first name whose content reads as stars."""
    if not found.fields.get("rating"):
        named = found.candidates("rating", free(found, columns))
        aspects = [column for column in named if _is_an_aspect(column)]
        for column in named:
            if len(aspects) > 1 and column in aspects:
                continue  # of food, of service …: none of them is the rating
            looks = found.looks[column]
            tens = is_tens_scale(column, looks.values)
            if tens:
                found.rating_scale = 10.0
                found.notes.append(f"列“{column}”写作 10–50，按十分之一算成星级")
            if _is_one_mark(looks) and any(
                found.looks[c].ratings >= 0.5 and not _is_one_mark(found.looks[c])
                for c in named
                if c not in aspects or len(aspects) == 1
            ):
                continue  # rating 1 on every row beside rating_star
            if not looks.filled or looks.ratings >= 0.5 or tens:
                found.fields["rating"] = [column]
                return
        if all(_NUMBERED.fullmatch(column) for column in columns):
            _guess_rating(found, columns)
        else:
            _take_classes(found, columns)


def _is_one_mark(looks: Looks) -> bool:
    """Whether a column holds the same mark on all of several rows, and so says nothing."""
    return looks.filled >= GUESS_ROWS and len(set(looks.values)) == 1


def _take_classes(found: Resolution, columns: Sequence[str]) -> None:
    """Take the only column of classes for the rating: 好评, 中评, 差评, whatever it is called."""
    classes = [
        column
        for column in free(found, columns)
        if (looks := found.looks[column]).filled >= GUESS_ROWS
        and looks.ratings >= _ALL_CLASSES
        and looks.numbers < 0.5
        and len(set(looks.values)) > 1
        and looks.chars <= _CLASS_CHARS
        and not is_said_by_others(column)
        and person_by_name(column) is None
    ]
    if len(classes) == 1:
        found.fields["rating"] = classes
        _tell_guess(found, "rating", "评分", classes[0])


def _is_an_aspect(column: str) -> bool:
    """Whether a header is the satisfaction with one thing: 食堂满意度, but not 满意度."""
    name = without_brackets(column)
    return name.endswith("满意度") and name not in aliases()["rating"]


def _guess_rating(found: Resolution, columns: Sequence[str]) -> None:
    """Take small whole numbers for stars in a sheet without a header."""
    for column in free(found, columns):
        values = set(found.looks[column].values)
        if (
            found.looks[column].filled >= GUESS_ROWS
            and 1 < len(values) <= 5
            and (values <= {"1", "2", "3", "4", "5"})
        ):
            found.fields["rating"] = [column]
            _tell_guess(found, "rating", "评分", column)
            return
