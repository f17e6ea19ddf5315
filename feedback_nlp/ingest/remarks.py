"""What a person should know of how the columns of a file were read."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.ingest.people import is_person_by_content, is_said_by_others, person_by_name
from feedback_nlp.ingest.resolution import OTHERS_SAID, UNKNOWN, Resolution, free


def suggestion(found: Resolution, columns: Sequence[str]) -> str | None:
    """Return the column a person most likely means by the text, never a time, link or number."""
    fitting = {c: found.looks[c].words for c in columns if found.looks[c].words > 0}
    fitting = {
        c: words
        for c, words in fitting.items()
        if person_by_name(c) is None and not is_person_by_content(found.looks[c].values)
    }
    return max(fitting, key=fitting.__getitem__, default=None)


def describe_dropped(found: Resolution) -> list[str]:
    """Return one sentence a reason, naming the columns that are not stored."""
    by_reason: dict[str, list[str]] = {}
    for column, why in found.dropped.items():
        if why:
            by_reason.setdefault(why, []).append(column)
    sentences = []
    for why, columns in by_reason.items():
        shown = "、".join(columns[:12]) + (f" 等 {len(columns)} 列" if len(columns) > 12 else "")
        hint = "（要保存请点名）" if why in (UNKNOWN, OTHERS_SAID) else ""
        sentences.append(f"没有保存的列——{why}：{shown}{hint}")
    return sentences


def missing(found: Resolution, columns: Sequence[str]) -> list[str]:
    """Return remarks on what the file seems to hold and nobody reads: time, rating, text."""
    remarks = []
    if not found.fields.get("occurred_at"):
        like = [
            c
            for c in free(found, columns)
            if found.looks[c].times >= 0.8
            and found.looks[c].numbers < 0.5
            and not is_said_by_others(c)
        ]
        hint = f"，像时间的列：{'、'.join(like[:3])}，请指明时间列" if like else ""
        unread = [
            c
            for c in found.candidates("occurred_at", free(found, columns))
            if found.looks[c].filled
        ]
        if unread:
            remarks.append(f"列“{unread[0]}”像时间，但里面的值看不懂，没有使用")
        remarks.append(f"没有找到时间列，所有反馈都按导入时间算{hint}")
    elif all(not found.looks[c].filled for c in found.fields["occurred_at"] if c in found.looks):
        remarks.append("时间列是空的，这些反馈按导入时间算；知道时间请补上后再导入")
    if not found.fields.get("rating"):
        unread = [
            c for c in found.candidates("rating", free(found, columns)) if found.looks[c].filled
        ]
        if unread and not any("大于 5" in note for note in found.notes):
            remarks.append(
                f"列“{unread[0]}”像评分，但里面的值看不懂，没有算成星级；要用请指明评分列"
            )
    text = next(iter(found.fields.get("text", ())), None)
    if text in found.looks and found.looks[text].share_filled < 0.5:
        share = found.looks[text].share_filled
        remarks.append(f"正文列“{text}”只有 {share:.0%} 的行有内容；不对请指明正文列")
    return remarks
