"""How many of a topic's units bear out a name: say the thing, what is wrong, or both.

A name is what an analyst would answer when asked what these units are about. One that hardly
any unit says is somebody's aside, however well it marks the topic; one that a few say of a
thing stands behind what far more say of no thing at all.

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from feedback_nlp.topics.clause_names import Said, named_alone
from feedback_nlp.topics.name_checks import WANTED

_BOTH = 0.05
_EITHER = 0.15
# A fault of no thing is said of many things beside the matter.
_BARE = 0.2
_FEWEST = 3
_PLAINLY = 0.15
_FAR_MORE = 2.5


class Bearing(NamedTuple):
    """Units of a topic.

    Attributes:
        both: How many say the name, or what it says is wrong of its thing; without a thing,
            the fault alone.
        either: How many say the thing or the fault.
    """

    both: int
    either: int


def bearing(name: str, units: Sequence[Said]) -> Bearing:
    """Return how many units bear out a name.

    Args:
        name: A thing and what is wrong with it, or one thing with two faults.
        units: What the topic says.
    """
    first, *others = name.split("、")
    blamed = [_blamed(unit) for unit in units]
    wrongs = frozenset().union(*blamed)
    wrong = max((word for word in wrongs if first.endswith(word)), key=len, default="")
    alone = _faults_named_alone().get(first, "")
    thing = "" if alone else first.removesuffix(wrong)
    faults = {alone or wrong, *others}
    both = either = 0
    for unit, its_wrongs in zip(units, blamed, strict=True):
        is_said = first in unit.text
        speaks = bool(thing) and thing in unit.text
        blames = not faults.isdisjoint(its_wrongs)
        both += is_said or (blames and (speaks or not thing))
        either += is_said or speaks or blames
    return Bearing(both, either)


def borne_out(names: Sequence[str], bare: Sequence[str], units: Sequence[Said]) -> list[str]:
    """Leave out names that too few units bear out, and put first what far more of them say.

    Args:
        names: Possible names, best first. Wishes are borne out by those who wish.
        bare: Those of them that name a fault without a thing.
        units: What the topic says.
    """
    found = {name: bearing(name, units) for name in names}
    kept = [
        name
        for name in names
        if name.startswith(WANTED)
        or (
            _is_enough(found[name], len(units))
            and (name not in bare or found[name].both >= _BARE * len(units))
        )
    ]
    if not kept or kept[0] in bare:
        return kept
    least = _FAR_MORE * found[kept[0]].both
    far_more = [name for name in kept if name in bare and found[name].both >= least][:1]
    return far_more + [name for name in kept if name not in far_more]


def _blamed(unit: Said) -> frozenset[str]:
    """Return what a unit says is wrong."""
    return unit.problems | {complaint.wrong for complaint in unit.complaints}


def _is_enough(found: Bearing, size: int) -> bool:
    return (
        found.both >= max(min(_FEWEST, _PLAINLY * size), _BOTH * size)
        and found.either >= _EITHER * size
    )


@cache
def _faults_named_alone() -> Mapping[str, str]:
    """Return each name of a fault that nobody says of a thing → the fault: 饭菜凉了 → 凉了."""
    return {name: wrong for wrong, names in named_alone().items() for name in names}
