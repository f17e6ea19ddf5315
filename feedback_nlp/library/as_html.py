"""Texts with their units in colour, for notebooks. Everything a text says is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from feedback_nlp.labels import Sentiment, label
from feedback_nlp.records import Unit

# Each with a contrast above 4.5 against the black text, and told apart by their border too.
_STYLES = {
    Sentiment.NEG: "background:#fde0dd;border-bottom:2px solid #c0392b",
    Sentiment.NEU: "background:#eceff1;border-bottom:2px dotted #607d8b",
    Sentiment.POS: "background:#dcf2e3;border-bottom:2px dashed #1e8449",
}
_UNIT = "color:#111;padding:0 .15em;border-radius:.2em"


def paragraph(text: str, units: Sequence[Unit]) -> str:
    """Return a text as one HTML paragraph; each unit tells its meaning on hover and in brackets."""
    pieces = []
    position = 0
    for unit in units:
        pieces.append(escape(text[position : unit.start]))
        style = f"{_STYLES.get(unit.sentiment, '')};{_UNIT}"
        told = f"{label(unit.intent)}，{label(unit.sentiment)} {unit.sentiment_score:+.2f}"
        pieces.append(
            f'<span style="{style}" title="{escape(told)}">'
            f"{escape(text[unit.start : unit.end])}"
            f"<sub>{escape(label(unit.intent))}</sub></span>"
        )
        position = unit.end
    pieces.append(escape(text[position:]))
    return f'<p style="line-height:2;margin:.2em 0">{"".join(pieces)}</p>'


def page(paragraphs: Sequence[str], hidden: int = 0) -> str:
    """Return paragraphs with a legend, and how many more there are."""
    legend = " ".join(
        f'<span style="{style};{_UNIT}">{escape(label(sentiment))}</span>'
        for sentiment, style in _STYLES.items()
    )
    more = f"<p>还有 {hidden:,} 条</p>" if hidden > 0 else ""
    return f'<div lang="zh"><p>{legend}</p>{"".join(paragraphs)}{more}</div>'
