from __future__ import annotations

from pathlib import Path

import pytest

from feedback_nlp.errors import ConfigError, NotFound
from feedback_nlp.jobs.outlets import load_outlets
from feedback_nlp.outlets.config import read_outlets
from feedback_nlp.outlets.records import Channel
from feedback_nlp.settings import Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FILE = """
allow_local = ["127.0.0.1:9000"]
[outlets.crm]
channel = "webhook"
url = "https://example.com/hook"
secrets = ["env:CRM_SECRET"]
"""


def test_outlets_are_read_from_the_file_that_the_settings_name(tmp_path: Path) -> None:
    path = tmp_path / "outlets.toml"
    path.write_text(FILE, encoding="utf-8")
    settings = Settings(outlets=path, outgoing_allow="10.0.0.0/8:8080, app:80")
    outlets = load_outlets(settings, {"CRM_SECRET": SECRET})
    assert outlets.sender("crm").channel is Channel.WEBHOOK
    assert set(outlets.client.allow_local) == {"127.0.0.1:9000", "10.0.0.0/8:8080", "app:80"}
    assert SECRET not in repr(outlets.sender("crm"))


def test_without_a_file_there_are_none() -> None:
    outlets = load_outlets(Settings(), {})
    with pytest.raises(NotFound, match="crm"):
        outlets.sender("crm")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outlets = [", "TOML"),
        ("[outlet.x]\nchannel = 'webhook'", "outlet"),
        ("allow_local = 'x'", "allow_local"),
        ("[outlets.crm]\nchannel = 'pigeon'", "channel"),
        ("[outlets.crm]\nchannel = 'webhook'\nsecrets = ['x']", "url"),
        ("[outlets.crm]\nchannel = 'webhook'\nurl = 'https://e.com'\nsecrets = []", "secrets"),
        (FILE, "CRM_SECRET"),
        (FILE.replace("env:CRM_SECRET", SECRET) + "\nretries = 3", "retries"),
        (FILE.replace("env:CRM_SECRET", SECRET).replace("crm", '"a b"'), "a b"),
    ],
)
def test_mistakes_are_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_outlets(text, environment={})


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_outlets(Settings(outlets=tmp_path / "none.toml"), {})
