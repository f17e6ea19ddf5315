"""Small charts as SVG: coloured by classes, so that they follow the theme; marks carry links."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from feedback_api.desk.links import href_of, week_words
from feedback_nlp.week.item_records import Count

_HEIGHT, _STEP, _WIDTH = 30, 11, 8


def sparkline(series: Sequence[Count], weeks: Sequence[str], unit: str) -> Markup:
    """Return a column chart of people a week; each column opens its rows.

    Args:
        series: Oldest first.
        weeks: Names of the weeks of the digest; the last ones are those of the series.
        unit: What people are counted in, ``人`` or ``条``.
    """
    top = max([1, *(number.value for number in series)])
    names = weeks[-len(series) :] if series else []
    bars = []
    for index, (number, week) in enumerate(zip(series, names, strict=False)):
        size = max(2.0, number.value / top * (_HEIGHT - 2)) if number.value else 1.0
        # a page has hundreds of columns: the two texts are escaped, numbers need no Markup.format
        where, when = escape(href_of(number)), escape(week_words(week))
        kind = "bar now" if index == len(series) - 1 else "bar"
        bars.append(
            f'<a href="{where}" class="n" data-n="{number.value}"'
            f' aria-label="{when} {number.value} {unit}">'
            f'<rect class="hit" x="{index * _STEP}" y="0" width="{_STEP}" height="{_HEIGHT}"/>'
            f'<rect class="{kind}" x="{index * _STEP + 1}" y="{_HEIGHT - size:.1f}"'
            f' width="{_WIDTH}" height="{size:.1f}" rx="1"/>'
            f"<title>{when}：{number.value} {unit}</title></a>"
        )
    width = max(1, len(series)) * _STEP
    return Markup(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}">{2}</svg>'
    ).format(width, _HEIGHT, Markup("".join(bars)))  # noqa: S704 - escaped above


def interval_bar(score: float, low: float, high: float) -> Markup:
    """Return a 0–100 track with the interval and the score on it."""
    return Markup(
        '<svg class="interval" role="img" aria-label="优先级 {:.0f}，九成把握在 {:.0f} 到 {:.0f}" '
        'width="120" height="12" viewBox="0 0 120 12">'
        '<rect class="track" x="0" y="5" width="120" height="2" rx="1"/>'
        '<rect class="range" x="{:.1f}" y="3" width="{:.1f}" height="6" rx="3"/>'
        '<circle class="point" cx="{:.1f}" cy="6" r="4"/></svg>'
    ).format(score, low, high, low * 1.2, max(2.0, (high - low) * 1.2), score * 1.2)


def stars(rating: float | None) -> Markup:
    """Return ``★★★★☆`` with its number for screen readers; empty without a rating."""
    if rating is None:
        return Markup("")
    full = max(0, min(5, round(rating)))
    return Markup('<span class="stars" role="img" aria-label="{:g} 星">{}<i>{}</i></span>').format(
        rating, escape("★" * full), escape("★" * (5 - full))
    )
