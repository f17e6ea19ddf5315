"""Text files in which records are written by hand or by a form: notebooks and labelled blocks.

``3. 3月1日 某某：饭太硬`` with answers below it, or blocks of ``标签：值`` lines (a form a record, a
call with its turns). Read as plain lines, such a file would keep the names in it as feedback,
and the team's answers as customers' words.

Source: opinion books typed by property managers and canteens, transcripts of call centres.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from feedback_nlp.records import Rejection
from feedback_nlp.resources import read_tables
from feedback_nlp.tabular.decoding import TextLine
from feedback_nlp.tabular.rows import Row, reject, reject_unreadable, told_above

NUMBER, DAY, WHO, WORDS = "编号", "日期", "姓名", "正文"
NOTE_COLUMNS = (NUMBER, DAY, WHO, WORDS)
TALK = "对话内容"

_LEAST = 2
_LEAST_NOTES = 3
_DATE = r"(?:(?:19|20)\d{2}\s*[-/.年]\s*)?\d{1,2}\s*(?:月\s*\d{1,2}\s*[日号]|[-/.]\s*\d{1,2}(?:日|(?!\d)))"
_NOTE = re.compile(
    rf"\s*[(（]?(?P<number>\d{{1,4}})\s*[、.．)）]\s*(?P<head>(?=[^：:]*{_DATE})[^：:\n]{{1,60}})[：:]\s*(?P<words>.*)"
)
_FIND_DATE = re.compile(_DATE)
_ANSWER = re.compile(r"\s*[^\s：:]{0,8}(?:答复|回复|处理|回应|回访|整改|反馈)[^：:]{0,6}[：:]")
_RULE = re.compile(r"\s*[-—–=*_#~]{3,}\s*")
_LABELLED = re.compile(
    r"\s*【?(?P<label>[A-Za-z\u4e00-\u9fff][\w \u4e00-\u9fff（）()/]{0,15}?)】?\s*[：:]\s*(?P<value>.*)"
)
_OUTSIDE = "文件开头、结尾的说明，不是反馈"
_ANSWERED = "工作人员的答复，不算用户反馈"


def is_notebook(lines: Sequence[TextLine]) -> bool:
    """Whether the first lines are numbered notes that say when, and of whom, before the words."""
    texts = [line.text for line in lines if line.text.strip()]
    notes = sum(_NOTE.match(text) is not None for text in texts)
    return notes >= _LEAST_NOTES and 4 * notes >= len(texts)


def read_notebook(lines: Iterator[TextLine]) -> Iterator[Row | Rejection]:
    """Yield one row a note, at its first line; answers and what stands around are set aside."""
    held: Row | None = None
    in_note = False
    for line in lines:
        if line.fault:
            yield reject_unreadable(line.number, line.fault)
            continue
        if not line.text.strip():
            in_note = False
            continue
        note = _NOTE.match(line.text)
        if note is not None:
            if held is not None:
                yield held
            days = [match[0] for match in _FIND_DATE.finditer(note["head"])]
            day = max(days, key=len, default="")  # not the 3-2 of 3-2-501室
            who = note["head"].replace(day, " ").strip(" ，,、\t")
            held = Row(
                line.number,
                {
                    NUMBER: note["number"],
                    DAY: day,
                    WHO: who,
                    WORDS: note["words"].strip(),
                },
            )
            in_note = True
        elif _ANSWER.match(line.text):
            yield reject(line.number, "not-customer", _ANSWERED)
            in_note = False
        elif in_note and held is not None:
            held.values[WORDS] = f"{held.values[WORDS]}\n{line.text.strip()}".strip()
        else:
            yield reject(line.number, "not-feedback", _OUTSIDE)
    if held is not None:
        yield held


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a file of labelled blocks is written.

    Attributes:
        first: The label with which a block begins.
        fields: All labels that are columns, in order.
        turns: Labels that are speakers.
    """

    first: str
    fields: tuple[str, ...]
    turns: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its rows."""
        return (*self.fields, TALK) if self.turns else self.fields


@cache
def _speakers() -> frozenset[str]:
    data = read_tables("ingest/speakers.toml")
    return frozenset([*data["team"], *data["customer"]])


def blocks_of(lines: Sequence[TextLine]) -> Blocks | None:
    """Return how the first lines are written in blocks, ``None`` if they are not."""
    said = (line.text.strip() for line in lines)
    texts = [text for text in said if text and not _RULE.fullmatch(text)]
    labels = [match["label"].strip() for text in texts if (match := _LABELLED.fullmatch(text))]
    counts = Counter(labels)
    repeated = [label for label in dict.fromkeys(labels) if counts[label] >= _LEAST]
    if len(repeated) < _LEAST or 2 * sum(counts[label] for label in repeated) < len(texts):
        return None
    first = next((label for label in repeated if label not in _speakers()), None)
    if first is None:
        return None
    blocks = counts[first]
    is_talk = any(counts[label] > blocks for label in repeated if label in _speakers())
    turns = {
        label
        for label in counts
        if is_talk and (label in _speakers() or (counts[label] > blocks and label != first))
    }
    told = labels[labels.index(first) :]
    fields = tuple(label for label in dict.fromkeys(told) if label not in turns)
    if len(fields) + bool(turns) < _LEAST or max(counts[f] for f in fields) > blocks + 1:
        return None
    return Blocks(first, fields, frozenset(turns))


def preface_of_notes(lines: Sequence[TextLine], blocks: Blocks | None) -> tuple[str, ...]:
    """Return what stands above the first record."""

    def is_first(line: TextLine) -> bool:
        text = line.text.strip()
        if blocks is None:
            return _NOTE.match(text) is not None
        label = _LABELLED.fullmatch(text)
        return label is not None and label["label"].strip() == blocks.first

    above = takewhile(lambda line: not is_first(line), lines)
    return told_above(line.text for line in above)


def read_blocks(lines: Iterator[TextLine], blocks: Blocks) -> Iterator[Row | Rejection]:
    """Yield one row a block, at its first line; what stands between blocks is set aside."""
    row: Row | None = None
    last = ""
    for line in lines:
        if line.fault:
            yield reject_unreadable(line.number, line.fault)
            continue
        text = line.text.strip()
        if not text or _RULE.fullmatch(text):
            last = ""
            continue
        match = _LABELLED.fullmatch(text)
        label = match["label"].strip() if match else ""
        if match and label == blocks.first:
            if row is not None:
                yield row
            row = Row(line.number, dict.fromkeys(blocks.columns, ""))
        if row is None or (match is None and not last):
            yield reject(line.number, "not-feedback", _OUTSIDE)
        elif match and label in blocks.turns:
            row.values[TALK] = f"{row.values[TALK]}\n{text}".strip()
            last = TALK
        elif match and label in blocks.fields and not row.values[label]:
            row.values[label] = match["value"].strip()
            last = label
        elif last:
            row.values[last] = f"{row.values[last]}\n{text}".strip()
        else:
            yield reject(line.number, "not-feedback", _OUTSIDE)
    if row is not None:
        yield row
