from __future__ import annotations

from pathlib import Path

import pytest

from feedback_nlp import __version__, build


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rooms").mkdir()
    (tmp_path / "a.py").write_text("one = 1\n", encoding="utf-8")
    (tmp_path / "rooms" / "b.py").write_text("two = 2\n", encoding="utf-8")
    monkeypatch.setattr(build, "_PACKAGE", tmp_path)
    return tmp_path


def version() -> str:
    return build.code_version.__wrapped__()


def test_the_same_code_has_the_same_version(package: Path) -> None:
    assert version() == version()
    assert version().startswith(f"{__version__}+")


def test_another_line_or_another_place_is_another_version(package: Path) -> None:
    before = version()
    (package / "rooms" / "b.py").write_text("two = 3\n", encoding="utf-8")
    changed = version()
    (package / "rooms" / "b.py").rename(package / "b.py")
    assert len({before, changed, version()}) == 3
