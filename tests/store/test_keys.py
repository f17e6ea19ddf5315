"""The key of pseudonyms lies apart from what it protects, and is never silently another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlmodel import select

from feedback_nlp.errors import ConfigError
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.keys import deployment_secret, fingerprint_kept, key_path, key_state
from feedback_nlp.store.tables import Setting

OLD = bytes(range(32))


def secret(database: Database, configured: str | None = None) -> bytes:
    with database.write() as session:
        return deployment_secret(session, configured)


def with_the_key_inside(database: Database) -> None:
    with database.write() as session:
        session.add(Setting(key="secret", value={"hex": OLD.hex()}))


def stored(database: Database) -> str:
    with database.read() as session:
        return str([(row.key, row.value) for row in session.exec(select(Setting))])


def test_a_key_is_made_once_in_a_file_of_its_owner(database: Database) -> None:
    first = secret(database)
    path = key_path(database.url)
    assert secret(database) == first
    assert len(first) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert bytes.fromhex(path.read_text()) == first
    assert first.hex() not in stored(database)
    assert [
        other for other in path.parent.iterdir() if other.name.startswith(f".{path.name}")
    ] == []


def test_a_key_inside_an_older_database_moves_out(database: Database) -> None:
    with_the_key_inside(database)
    assert secret(database) == OLD
    assert bytes.fromhex(key_path(database.url).read_text()) == OLD
    assert OLD.hex() not in stored(database)
    assert secret(database) == OLD
    if database.is_sqlite:
        database.dispose()  # folds the log into the file
        assert OLD.hex().encode() not in Path(str(database.url.database)).read_bytes()


def test_an_older_key_is_kept_when_another_is_configured(database: Database) -> None:
    with_the_key_inside(database)
    assert secret(database, "eigen") == b"eigen"
    assert bytes.fromhex(key_path(database.url).read_text()) == OLD
    assert OLD.hex() not in stored(database)


def test_a_configured_key_needs_no_file(database: Database) -> None:
    assert secret(database, "own") == b"own"
    assert not key_path(database.url).exists()


def test_another_key_is_refused(database: Database) -> None:
    secret(database, "own")
    with pytest.raises(ConfigError, match="不是这个数据库的密钥"):
        secret(database, "another")
    with pytest.raises(ConfigError, match="找不到密钥文件"):
        secret(database)
    assert not key_path(database.url).exists(), "no new key in place of the lost one"


@pytest.mark.parametrize("content", ["", "not hex"])
def test_a_damaged_file_is_told(database: Database, content: str) -> None:
    secret(database)
    key_path(database.url).write_text(content)
    with pytest.raises(ConfigError, match="密钥文件"):
        secret(database)


def test_the_state_of_the_key(database: Database) -> None:
    path = key_path(database.url)

    def state(configured: str | None = None) -> tuple[str, str]:
        with database.read() as session:
            return key_state(path, fingerprint_kept(session), configured)

    assert state()[0] == ""
    assert not path.exists()
    with_the_key_inside(database)
    assert "还在数据库里" in state()[0]
    secret(database)
    assert state() == ("", f"在 {path}")
    assert "不是这个数据库的密钥" in state("another")[0]
    os.unlink(path)
    assert "找不到" in state()[0]


def test_a_file_may_hold_the_configured_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    monkeypatch.setenv("FEEDBACK_SECRET_FILE", str(path))
    settings = Settings()
    assert settings.secret is not None
    assert settings.secret.get_secret_value() == "from a file"
    path.write_text("")
    with pytest.raises(ValueError, match="是空的"):
        Settings()
    path.unlink()
    with pytest.raises(ValueError, match="读不了"):
        Settings()
