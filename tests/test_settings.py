"""What the environment says, without a library for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from feedback_nlp.settings import Settings


def test_the_environment_lies_over_the_defaults_and_below_what_is_given(monkeypatch):
    monkeypatch.setenv("FEEDBACK_JOB_HOURS", "2.5")
    monkeypatch.setenv("FEEDBACK_WORKER", "false")
    monkeypatch.setenv("feedback_outlets", "/etc/outlets.toml")
    monkeypatch.setenv("FEEDBACK_UNHEARD_OF", "x")
    found = Settings(job_hours=3)
    assert (found.job_hours, found.worker) == (3, False)
    assert found.outlets == Path("/etc/outlets.toml")
    assert Settings().job_hours == 2.5


def test_a_value_that_is_not_usable_is_named(monkeypatch):
    monkeypatch.setenv("FEEDBACK_MAX_UPLOAD_BYTES", "0")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert caught.value.errors()[0]["loc"] == ("max_upload_bytes",)
