"""A command or setting that the docs do not name fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from feedback_nlp.cli.app import build_app
from feedback_nlp.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def command_names() -> list[str]:
    return sorted(typer.main.get_command(build_app()).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"`{name}\b", CLI)


def test_every_topics_command_is_documented() -> None:
    group = typer.main.get_command(build_app()).commands["topics"]  # type: ignore[attr-defined]
    assert all(re.search(rf"\b{name}\b", CLI) for name in group.commands)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`FEEDBACK_{name.upper()}`" in CLI


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "models/README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ],
    ids=lambda p: p.name,
)
def test_links_between_documents_hold(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), target
