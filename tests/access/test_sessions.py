from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from feedback_nlp.access.sessions import LASTS, SessionSeal, session_key, session_key_path
from feedback_nlp.errors import ConfigError

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
SEAL = SessionSeal(b"k" * 32)


def test_a_session_stands_for_its_key_until_it_is_over() -> None:
    cookie = SEAL.seal(7, NOW)
    assert SEAL.open(cookie, NOW) == 7
    assert SEAL.open(cookie, NOW + LASTS - timedelta(seconds=1)) == 7
    assert SEAL.open(cookie, NOW + LASTS) is None


@pytest.mark.parametrize(
    "cookie", ["", "1.7.99", "1.7.9999999999." + "0" * 64, "a.b.c.d", "1.7.٣.x"]
)
def test_what_we_did_not_sign_is_refused(cookie: str) -> None:
    assert SEAL.open(cookie, NOW) is None


def test_no_part_of_a_session_can_be_changed() -> None:
    version, _, until, mac = SEAL.seal(7, NOW).split(".")
    assert SEAL.open(f"{version}.8.{until}.{mac}", NOW) is None
    assert SEAL.open(f"{version}.7.{int(until) + 1}.{mac}", NOW) is None
    assert SessionSeal(b"l" * 32).open(SEAL.seal(7, NOW), NOW) is None


def test_the_signing_key_has_a_private_file_of_its_own(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/x.db")
    key = session_key(url)
    path = session_key_path(url)
    assert path == tmp_path / "x.db.session-key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert session_key(url) == key
    assert session_key(url, "configured" * 4) == b"configured" * 4


def test_a_damaged_or_unwritable_file_is_one_clear_line(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/x.db")
    session_key_path(url).write_text("不是密钥", encoding="utf-8")
    with pytest.raises(ConfigError, match="会话密钥"):
        session_key(url)
    session_key_path(url).unlink()
    session_key_path(url).mkdir()
    with pytest.raises(ConfigError, match="目录"):
        session_key(url)
