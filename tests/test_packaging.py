"""What an installation brings along."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement

#: Gigabytes, or slow to start; ours or a dependency's extras may use them, the base may not.
HEAVY = {"bertopic", "hdbscan", "llvmlite", "numba", "sentence-transformers", "torch", "umap-learn"}


def required_by(name: str) -> set[str]:
    """Return the names of all packages that ``pip install name`` brings, as far as they are here."""
    found: set[str] = set()
    seen: set[str] = set()
    left = [Requirement(name)]
    while left:
        asked = left.pop()
        if (key := f"{asked.name} {sorted(asked.extras)}") in seen:
            continue
        seen.add(key)
        try:
            lines = requires(asked.name) or []
        except PackageNotFoundError:
            continue  # it is named all the same
        for line in lines:
            needed = Requirement(line)
            extras = {"", *asked.extras}
            if needed.marker and not any(needed.marker.evaluate({"extra": e}) for e in extras):
                continue
            found.add(re.sub(r"[-_.]+", "-", needed.name).lower())
            left.append(needed)
    return found


def test_the_base_install_is_light() -> None:
    base = required_by("feedback-nlp")
    assert {"scikit-learn", "scipy", "sqlalchemy", "pydantic-core"} <= base
    assert base & HEAVY == set()


def test_the_extra_is_what_brings_bertopic_and_its_requirements() -> None:
    assert required_by("feedback-nlp[bertopic]") >= {"bertopic", "llvmlite", "umap-learn"}
