"""What kind of source a file comes from, asked of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from feedback_nlp.chinese import fold
from feedback_nlp.ingest.columns import read_toml, readable
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.labels import SourceKind

_FEW = 3


def kind_of(columns: Sequence[str], looks: Mapping[str, Looks] | None = None) -> SourceKind | None:
    """Return the kind that the headers tell, or ``None``.

    Words of a help desk decide by themselves: a work order names goods and shops as well.
    Among the others the kind with the most telling headers wins; the first where they tie. A
    column whose cells are nothing but the words of one kind of place (楼主, 3楼; Apple, Google
    Play) decides, too.
    """
    told = next(filter(None, map(kind_by_cells, (looks or {}).values())), None)
    if told is not None:
        return told
    names = [fold(readable(column).casefold()) for column in columns]
    best, most = None, 0.0
    for rule in read_toml("kinds.toml")["rule"]:
        said = sum(any(word in name for name in names) for word in rule["words"])
        hinted = sum(any(word in name for name in names) for word in rule.get("weak", ()))
        weight = said + 0.5 * hinted
        together = any(
            all(any(word in name for name in names) for word in group)
            for group in rule.get("together", ())
        )
        if together or (said and rule.get("decides", False)):
            return SourceKind(rule["kind"])
        if weight > most:
            best, most = SourceKind(rule["kind"]), weight
    return best


def kind_by_cells(looks: Looks) -> SourceKind | None:
    """Return the kind that the cells of one column tell: floors of a thread, names of stores."""
    if looks.filled < _FEW:
        return None
    return next((kind for kind, words in _cells() if all(map(words.fullmatch, looks.values))), None)


@cache
def _cells() -> tuple[tuple[SourceKind, re.Pattern[str]], ...]:
    """Return the kinds that cells tell, with what all of them must be."""
    rules = read_toml("kinds.toml")["cells"]
    return tuple((SourceKind(rule["kind"]), re.compile(rule["values"])) for rule in rules)
