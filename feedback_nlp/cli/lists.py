"""The Monday page on a terminal: 本周变化 and 待办优先级, in one line or, where it is narrow, two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.terminal import out
from feedback_nlp.labels import Movement
from feedback_nlp.report import wording

if TYPE_CHECKING:
    from feedback_nlp.week.item_records import OpenRequest, TopicFigures
    from feedback_nlp.week.records import WeeklyDigest

STYLES = {
    Movement.REOPENED: "bold magenta",
    Movement.NEW: "bold red",
    Movement.RETURNED: "bold red",
    Movement.RISING: "red",
    Movement.ELEVATED: "red",
    Movement.STEADY: "dim",
    Movement.FALLING: "green",
    Movement.GONE: "green",
}
_WIDE = 116
_MAX_NAME_WIDTH = 28
_MIN_QUOTE_WIDTH = 16
_GAP = 2
_PIECES = re.compile(  # what one line holds together: marks stay with what they open or close
    r"[“‘（《〔「(\[]*(?:[A-Za-z0-9]+(?:[.,:/_+\-][A-Za-z0-9]+)*|.)[，。、；：！？）”’》〕」…,.;:!?)\]%]*",
    re.DOTALL,
)


@dataclass
class Line:
    """One line of a list.

    Attributes:
        cells: What always stands in columns, by heading.
        more: What stands in further columns where there is room, else under the line.
        quote: Takes what is left of the line, or stands under it in full.
    """

    cells: dict[str, Text]
    more: dict[str, str] = field(default_factory=dict)
    quote: str = ""


def change_lines(digest: WeeklyDigest, limit: int) -> list[Line]:
    """Return what moved, the urgent first, each movement's largest change first."""
    moved = [topic for kind in wording.REVIEW_ORDER for topic in digest.moved(kind)]
    return [_change(topic, digest) for topic in moved[:limit]]


def request_lines(digest: WeeklyDigest, limit: int) -> list[Line]:
    """Return the first open requests."""
    return [
        _request(place, request, digest)
        for place, request in enumerate(digest.backlog[:limit], start=1)
    ]


def print_lines(lines: Sequence[Line]) -> None:
    """Print a list as wide as the terminal is; nothing is left out of a narrow one."""
    more = list(dict.fromkeys(heading for line in lines for heading in line.more))
    columns = {name: [line.cells[name] for line in lines] for name in lines[0].cells}
    is_wide = out.width >= _WIDE
    if is_wide:
        columns |= {name: [Text(line.more.get(name, "")) for line in lines] for name in more}
        left = out.width - sum(_widest(name, cells) + _GAP for name, cells in columns.items())
        is_wide = left >= _MIN_QUOTE_WIDTH
    if is_wide:
        columns["原话"] = [Text(wording.fitted(line.quote, left), style="dim") for line in lines]
        out.print(_table(columns, lines))
        return
    columns = {name: columns[name] for name in lines[0].cells}
    widths = {name: _widest(name, cells) for name, cells in columns.items()}
    for index, line in enumerate(lines):
        one = {name: [cells[index]] for name, cells in columns.items()}
        out.print(_table(one, [line], widths, show_header=index == 0))
        details = "　".join(value for value in line.more.values() if value)
        under = [details, f"“{' '.join(line.quote.split())}”" if line.quote else ""]
        words = "　".join(part for part in under if part)
        if words:
            print_folded(words, indent=4, style="dim")


def print_folded(words: str, *, indent: int = 0, style: str = "") -> None:
    """Print a text folded between characters, as Chinese is, not only at its blanks."""
    for line in fold(words, max(10, out.width - indent)):
        out.print(Text(" " * indent + line, style=style), no_wrap=True, overflow="ignore")


def fold(words: str, room: int) -> list[str]:
    """Cut a text into lines of at most ``room`` columns; only blanks are lost, at a fold.

    No line begins with a mark that closes or ends with one that opens, and no number or Latin
    word is cut, unless it is longer than a line by itself.
    """
    lines, line, used = [], "", 0
    for piece in _PIECES.findall(words):
        parts = [piece] if cell_len(piece) <= room else list(piece)
        for part in parts:
            if used + cell_len(part) > room:
                lines.append(line.rstrip(" "))
                line, used = "", 0
                part = part.lstrip(" ")  # noqa: PLW2901 - a line that goes on begins with a word
            line, used = line + part, used + cell_len(part)
    return [*lines, line]


def _table(
    columns: dict[str, list[Text]],
    lines: Sequence[Line],
    widths: dict[str, int] | None = None,
    *,
    show_header: bool = True,
) -> Table:
    table = Table(
        box=None,
        padding=(0, _GAP, 0, 0),
        pad_edge=False,
        header_style="dim",
        show_header=show_header,
    )
    for name in columns:
        # A name folds where even the columns do not fit; numbers never do.
        is_name = name in ("主题", "需求")
        table.add_column(
            name,
            no_wrap=not is_name,
            overflow="fold",
            min_width=None if widths is None or is_name else widths[name],
            width=widths[name] if widths and is_name and sum(widths.values()) < out.width else None,
        )
    for row in range(len(lines)):
        table.add_row(*(cells[row] for cells in columns.values()))
    return table


def _widest(name: str, cells: Sequence[Text]) -> int:
    return max(cell_len(name), *(cell.cell_len for cell in cells))


def _change(topic: TopicFigures, digest: WeeklyDigest) -> Line:
    move = topic.movement
    counts = f"{topic.people_last.value}→{topic.people.value} {wording.unit(digest)}"
    return Line(
        cells={
            "变化": Text(
                wording.movement_label(topic, digest), style=STYLES[move] if move else "dim"
            ),
            "主题": _name(("★ " if topic.is_pinned else "") + topic.name),
            f"上{digest.span}→本{digest.span}": Text(counts, justify="right"),
            "走势": Text(wording.sparkline(topic.series)),
            "编号": Text(topic.request.key if topic.request else ""),
        },
        more={"主要渠道": wording.main_channels(topic, 1)},
        quote=topic.quotes[0].text if topic.quotes else "",
    )


def _request(place: int, request: OpenRequest, digest: WeeklyDigest) -> Line:
    topic = digest.topic(request.topic_id)
    counts = f"{request.people.value}/{request.people_last.value} {wording.unit(digest)}"
    return Line(
        cells={
            "": Text(str(place), justify="right"),
            "优先级": Text(wording.interval(request), justify="right"),
            "编号": Text(request.key),
            "需求": _name(request.title),
            f"本{digest.span}/上{digest.span}": Text(counts, justify="right"),
        },
        more={
            "变化": wording.movement_label(request, digest),
            "状态": wording.status_words(request),
            "主要渠道": wording.main_channels(topic, 1) if topic else "",
        },
        quote=topic.quotes[0].text if topic and topic.quotes else "",
    )


def _name(words: str) -> Text:
    return Text(wording.fitted(words, _MAX_NAME_WIDTH), style="bold")
