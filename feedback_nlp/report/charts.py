"""Charts as SVG text: heat maps and bars by Vega-Lite, small marks drawn by hand.

The only module that imports ``vl_convert``. SVG needs no script and no inline style, so
it holds under a strict content policy, prints, and keeps its text selectable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vl_convert
from markupsafe import Markup

from feedback_nlp.report.digest import Count, TopicFigures, WeeklyDigest
from feedback_nlp.report.wording import shorten

_FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Source Han Sans SC, sans-serif"
_INK, _MUTED, _ACCENT, _PALE = "#1f2933", "#616e7c", "#b4451f", "#c9ced6"
_SHADES = ["#fdf3ec", "#f6c9a8", "#e28b56", "#b4451f", "#6f2410"]
_NAME_LENGTH = 14
_VEGALITE = "6.1"


def week_heat_map(digest: WeeklyDigest, limit: int = 12) -> Markup:
    """Return people by topic and week for the first topics of the ranking."""
    rows = [
        {
            "topic": _axis_name(topic),
            "place": topic.priority.position,
            "column": week.split("-")[1] if digest.span == "周" else week,
            "order": order,
            "people": number.value,
        }
        for topic in digest.topics[:limit]
        for order, (week, number) in enumerate(zip(digest.weeks, topic.series, strict=True))
        if order >= len(digest.weeks) - 1 - digest.history_weeks
    ]
    return _heat_map(rows, digest.span, f"各主题每{digest.span}人数")


def channel_heat_map(digest: WeeklyDigest, limit: int = 12, channels: int = 8) -> Markup:
    """Return people by topic and channel this week; topics nobody raised are left out."""
    names = [figures.channel for figures in digest.channels[:channels]]
    rows = [
        {
            "topic": _axis_name(topic),
            "place": topic.priority.position,
            "column": shorten(name, 8),
            "order": order,
            "people": topic.channels[name].value if name in topic.channels else 0,
        }
        for topic in digest.topics[:limit]
        if topic.people.value
        for order, name in enumerate(names)
    ]
    return _heat_map(rows, "渠道", f"本{digest.span}各主题在各渠道的人数")


def sparkline(series: Sequence[Count]) -> Markup:
    """Return a small column chart of people a week; this week is accented."""
    values = [number.value for number in series]
    top = max([*values, 1])
    height, step, width = 28, 9, 6
    bars = []
    for index, value in enumerate(values):
        size = max(1.5, value / top * height) if value else 1
        colour = _ACCENT if index == len(values) - 1 else _PALE
        bars.append(
            f'<rect x="{index * step}" y="{height - size:.1f}" width="{width}" '
            f'height="{size:.1f}" rx="1" fill="{colour}"/>'
        )
    words = "、".join(str(value) for value in values)
    return Markup(  # noqa: S704 - only numbers are formatted in
        f'<svg class="spark" role="img" aria-label="历次人数：{words}" '
        f'width="{len(values) * step}" height="{height}" '
        f'viewBox="0 0 {len(values) * step} {height}">{"".join(bars)}</svg>'
    )


def interval_bar(score: float, low: float, high: float) -> Markup:
    """Return a 0–100 track with the interval and the score on it."""
    return Markup(  # noqa: S704 - only numbers are formatted in
        f'<svg class="interval" role="img" aria-label="优先级 {score:.0f}，区间 {low:.0f} 到 {high:.0f}" '
        f'width="120" height="12" viewBox="0 0 120 12">'
        f'<rect x="0" y="5" width="120" height="2" rx="1" fill="#e4e7eb"/>'
        f'<rect x="{low * 1.2:.1f}" y="3" width="{max(2.0, (high - low) * 1.2):.1f}" height="6" '
        f'rx="3" fill="#f0b48f"/><circle cx="{score * 1.2:.1f}" cy="6" r="4" fill="{_ACCENT}"/></svg>'
    )


def _axis_name(topic: TopicFigures) -> str:
    return f"{topic.priority.position} {shorten(topic.name, _NAME_LENGTH)}"


def _heat_map(rows: list[dict[str, Any]], column_title: str, description: str) -> Markup:
    if not rows:
        return Markup("")
    top = max(1, *(row["people"] for row in rows))
    x = {
        "field": "column",
        "type": "nominal",
        "sort": {"field": "order"},
        "title": column_title,
        "axis": {"orient": "top", "labelAngle": 0, "labelOverlap": False},
    }
    y = {"field": "topic", "type": "nominal", "sort": {"field": "place"}, "title": None}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "data": {"values": rows},
        "width": {"step": max(54, 14 * max(len(row["column"]) for row in rows))},
        "height": {"step": 26},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 3, "stroke": "#ffffff", "strokeWidth": 2},
                "encoding": {
                    "color": {
                        "field": "people",
                        "type": "quantitative",
                        "scale": {"type": "sqrt", "domain": [0, top], "range": _SHADES},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12},
                "transform": [{"filter": "datum.people > 0"}],
                "encoding": {
                    "text": {"field": "people", "type": "quantitative"},
                    "color": {
                        "condition": {
                            "test": f"sqrt(datum.people / {top}) > 0.6",
                            "value": "#ffffff",
                        },
                        "value": _INK,
                    },
                },
            },
        ],
        "config": {
            "font": _FONT,
            "background": "transparent",
            "view": {"stroke": None},
            "axis": {
                "domain": False,
                "ticks": False,
                "grid": False,
                "labelFontSize": 12,
                "labelColor": _INK,
                "labelLimit": 260,
                "labelPadding": 6,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "titleColor": _MUTED,
            },
        },
    }
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_VEGALITE)
    return Markup(svg)  # noqa: S704 - the renderer escapes every text
