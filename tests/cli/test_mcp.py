"""``feedback-nlp mcp`` refuses what would be open to anybody; what it does is in tests/api/assistant."""

from __future__ import annotations

import pytest

from feedback_nlp.cli import mcp as command
from feedback_nlp.errors import ConfigError, InputError, NotFound


def test_other_machines_need_a_service_that_checks_keys():
    with pytest.raises(InputError, match=r"0\.0\.0\.0") as raised:
        command.mcp(host="0.0.0.0")
    assert "--url" in raised.value.hint


def test_an_address_is_an_address():
    with pytest.raises(InputError, match="https://"):
        command.mcp(url="localhost:8000")


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(NotFound):
        command.mcp(db=str(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError) as raised:
        command.mcp()
    assert "feedback-nlp[mcp]" in raised.value.hint
