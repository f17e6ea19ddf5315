"""Charts: heat maps by Vega-Lite as SVG or PNG, small marks drawn by hand as SVG.

The only module that imports ``vl_convert``. SVG needs no script and no inline style, so
it holds under a strict content policy, prints, and keeps its text selectable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from feedback_nlp.report.heat import HeatMap
from feedback_nlp.report.wording import fitted, width
from feedback_nlp.week.item_records import Count

_FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Source Han Sans SC, sans-serif"
_INK, _ACCENT, _PALE = "#1f2933", "#b4451f", "#c9ced6"
_SHADES = ["#fdf3ec", "#f6c9a8", "#e28b56", "#b4451f", "#6f2410"]
_NAME_WIDTH, _COLUMN_WIDTH = 28, 14  # in half-width columns
_VEGALITE = "6.1"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def heat_map_svg(shown: HeatMap) -> Markup:
    """Return a heat map as inline SVG."""
    import vl_convert  # noqa: PLC0415 - holds a JavaScript engine

    svg = vl_convert.vegalite_to_svg(_drawable(_spec(shown)), vl_version=_VEGALITE)
    return Markup(svg)  # noqa: S704 - the renderer escapes every text


def heat_map_png(shown: HeatMap, scale: float = 2.0) -> bytes:
    """Return a heat map as PNG on white; Chinese needs a Chinese font on this machine."""
    import vl_convert  # noqa: PLC0415

    spec = _drawable(_spec(shown))
    spec["config"]["background"] = "#ffffff"
    spec["padding"] = 12
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=_VEGALITE, scale=scale))


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


def _spec(shown: HeatMap) -> dict[str, Any]:
    """Return the Vega-Lite specification of a heat map."""
    columns = [fitted(name, _COLUMN_WIDTH) for name in shown.columns]
    rows = [
        {
            "topic": f"{position} {fitted(name, _NAME_WIDTH)}",
            "place": position,
            "column": f"{index}\n{columns[index]}",
            "order": index,
            "people": number.value,
        }
        for (position, name), numbers in zip(shown.topics, shown.people, strict=True)
        for index, number in enumerate(numbers)
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{shown.title}：{shown.caption}",
        "data": {"values": rows},
        "width": {"step": max(48, 7 * max(map(width, columns)) + 8)},
        "height": {"step": 26},
        "encoding": {"x": _COLUMNS, "y": _ROWS},
        "layer": _layers(shown.most),
        "config": dict(_LOOK),
    }


def _drawable(value: Any) -> Any:
    """Return a specification without characters that XML forbids.

    The renderer writes an SVG and reads it again; at such a character it ends the whole process.
    """
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, dict):
        return {key: _drawable(one) for key, one in value.items()}
    return [_drawable(one) for one in value] if isinstance(value, list) else value


def _layers(top: int) -> list[dict[str, Any]]:
    """Return a shaded cell for each number, darkest at ``top``, and the number on it."""
    shade = {
        "field": "people",
        "type": "quantitative",
        "scale": {"type": "sqrt", "domain": [0, top], "range": _SHADES},
        "legend": None,
    }
    readable = {
        "condition": {"test": f"sqrt(datum.people / {top}) > 0.6", "value": "#ffffff"},
        "value": _INK,
    }
    return [
        {
            "mark": {"type": "rect", "cornerRadius": 3, "stroke": "#ffffff", "strokeWidth": 2},
            "encoding": {"color": shade},
        },
        {
            "mark": {"type": "text", "fontSize": 12},
            "transform": [{"filter": "datum.people > 0"}],
            "encoding": {
                "text": {"field": "people", "type": "quantitative"},
                "color": readable,
            },
        },
    ]


_COLUMNS: dict[str, Any] = {
    "field": "column",
    "type": "nominal",
    "sort": {"field": "order"},
    "title": None,
    "axis": {
        "orient": "top",
        "labelAngle": 0,
        "labelOverlap": False,
        "labelExpr": "split(datum.label, '\\n')[1]",
    },
}
_ROWS: dict[str, Any] = {
    "field": "topic",
    "type": "nominal",
    "sort": {"field": "place"},
    "title": None,
}
_LOOK: dict[str, Any] = {
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
    },
}
