"""Finds full names beside who one is: 店长刘建军, 叶建国主任, 我女儿叫沈若曦.

Nothing there says that a name follows, so it must look like one: a family name, and behind it
characters that given names are made of.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.alternatives import by_first_sign
from feedback_nlp.clean.labels import (
    ends_in_a_surname,
    given_names,
    rare_surnames,
    surnames,
    words,
)


def find_full_names(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of full names beside a role or a title."""
    if named_hint().search(folded) is None:
        return
    behind, before, apart = _patterns()
    yield from (match.span(1) for match in apart.finditer(folded))
    for match in behind.finditer(folded):
        end = _end_of_name(folded, match.end())
        if end:
            yield match.end(), end
    for match in before.finditer(folded):
        title = match.start()
        starts = (start for start in (title - 3, title - 2, title - 4) if start >= 0)
        names = [start for start in starts if _end_of_name(folded, start, title)]
        if names:  # a word may end in what is a rare family name as well: 明白鲁迅先生
            yield min(names, key=lambda start: folded[start] in rare_surnames()), title


def is_full_name(plain: str) -> bool:
    """Tell whether this is made like a full name, and of nothing else."""
    return _end_of_name(plain, 0, len(plain)) == len(plain)


@cache
def named_hint() -> re.Pattern[str]:
    """Match whatever may hold a name beside who one is (业主…反映, too): it saves other looks."""
    family, given = _classes()
    telling, common, _ = given_names()
    ends = "".join(sorted(telling | {name[-1] for name in surnames() if len(name) > 1}))
    often = "".join(sorted(common))
    name = f"[{family}](?:[{ends}]|[{often}](?:[{ends}]|[{often}](?![一-鿿]))|[名·\\- ])"
    acts = f"[一-鿿]{{2,3}}(?:{words('person', 'does')[0]})"
    titles = "|".join(words("person", "titles"))
    roles = {*words("person", "roles"), *words("person", "titles"), *words("person", "resident")}
    return re.compile(
        f"(?:{by_first_sign(sorted({*roles, '姓'}))})"
        f"(?:(?:名?叫|是|: ?| )?{name}|(?<=[{given}](?:{titles}))|{acts})"
    )


def _end_of_name(folded: str, start: int, stop: int | None = None) -> int | None:
    """Return where a name of two to four characters ends that begins here, if one does."""
    telling, common, no_names = given_names()
    family = 2 if folded[start : start + 2] in surnames() else 1
    name = folded[start : start + family]
    if name not in surnames() and name not in rare_surnames():
        return None
    if folded[max(0, start - 1) : start + 1] in ends_in_a_surname():
        return None
    if folded[start : start + 2] in no_names or folded[start : start + 3] in no_names:
        return None
    if folded.startswith(words("person", "never"), start):
        return None
    first = folded[start + family : start + family + 1]
    second = folded[start + family + 1 : start + family + 2]
    may_be_two = stop is None or stop == start + family + 2
    if may_be_two and second and {first, second} <= telling | common and {first, second} & telling:
        return start + family + 2
    third = folded[start + family + 2 : start + family + 3]
    if stop is None and {first, second} <= common and not third.isalpha():
        return start + family + 2  # 家属赵立新。
    if family > 1 and first in telling | common and (stop is None or stop == start + 3):
        return start + family + 1
    is_rare = name not in surnames()
    if not is_rare and first in telling and (stop is None or stop == start + family + 1):
        return start + family + 1
    return None


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    family, given = _classes()
    titles = words("person", "titles")
    return (
        re.compile(
            f"(?:{by_first_sign(_roles())})(?:名?叫|是|: ?| )?(?=[{family}][{family}{given}])"
        ),
        re.compile(f"(?:{by_first_sign(titles)})(?<=[{given}]..)"),
        re.compile(f"(?:姓|本人)([{family}][名·\\- ][{given}] ?[{given}])"),
    )


def _roles() -> list[str]:
    """Return the roles, the longest first: 护士长 is no 护士 whose family name is 长."""
    return sorted((*words("person", "roles"), *words("person", "stated")), key=len, reverse=True)


@cache
def _classes() -> tuple[str, str]:
    """Return the characters that names begin with, and those behind them, for a class each."""
    telling, common, _ = given_names()
    families = {name[0] for name in surnames()} | rare_surnames()
    behind = telling | common | {name[-1] for name in surnames() if len(name) > 1}
    return "".join(sorted(families)), "".join(sorted(behind))
