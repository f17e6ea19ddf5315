"""What kind of source a file comes from, asked of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.chinese import fold
from feedback_nlp.ingest.columns import read_toml, readable
from feedback_nlp.labels import SourceKind


def kind_of(columns: Sequence[str]) -> SourceKind | None:
    """Return the kind that the headers tell, or ``None``.

    Words of a help desk decide by themselves: a work order names goods and shops as well.
    Among the others the kind with the most telling headers wins; the first where they tie.
    """
    names = [fold(readable(column).casefold()) for column in columns]
    best, most = None, 0.0
    for rule in read_toml("kinds.toml")["rule"]:
        told = sum(any(word in name for name in names) for word in rule["words"])
        hinted = sum(any(word in name for name in names) for word in rule.get("weak", ()))
        weight = told + 0.5 * hinted
        if told and rule.get("decides", False):
            return SourceKind(rule["kind"])
        if weight > most:
            best, most = SourceKind(rule["kind"]), weight
    return best
