"""Deployment settings from the environment (prefix ``FEEDBACK_``).

Built once in the CLI and in the app factory, then passed on as values. Below the edges only
three loaders look at the environment, and only when they load: :mod:`feedback_nlp.resources`
for the folders of models and corpora, :mod:`feedback_nlp.embed.loading` and
:mod:`feedback_nlp.llm_naming.loading` for the key of a service that the configuration names.
Thresholds and weights are not here but in ``pipeline.toml`` (:mod:`feedback_nlp.config`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

PREFIX = "FEEDBACK_"
_SITE = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)


class Settings(BaseModel):
    """Where things are. Every field is an environment variable.

    Attributes:
        database_url: SQLAlchemy URL. SQLite file in the working folder by default.
        timezone: Zone for weeks and for all times people see.
        secret: Keys the hashes of authors and pseudonyms. If unset, one is made at
            first use and kept in a file of its own, see :mod:`feedback_nlp.store.keys`.
        secret_file: A file that holds the secret, as container platforms hand it over.
        pipeline: Path of a ``pipeline.toml`` that overrides the shipped one.
        max_upload_bytes: Largest body the API takes.
        outlets: Path of the TOML file that names robots, mail servers and webhooks.
        inlets: Path of the TOML file that names who may push feedback.
        outgoing_allow: ``host:port`` or ``network/bits:port``, separated by commas, that
            outgoing requests may reach although they are not public.
        worker: Whether ``serve`` runs a worker beside itself.
        analyze_after_seconds: How long new feedback waits for more before it is read.
        digest_at: When the worker makes the digest of the week that is over, such as
            ``周一 09:00``; a day off (调休 respected) puts it off to the next working day. Empty
            for never.
        digest_folder: Where the worker writes digests as HTML, Markdown and Excel, beside
            keeping them in the database.
        digest_to: Names of outlets, separated by commas, that the worker sends the digest to.
        jobs_folder: Where classification jobs keep what waits and what came out; service and
            worker must see the same. By default beside the database.
        job_hours: How long the result of such a job is kept.
        require_keys: Whether the service answers nobody without a key. ``serve`` turns it on by
            itself beyond this machine, and once there are keys.
        guests_read: Whether those without a key may read, where keys are required.
        rate_per_minute: Requests a minute that one key may send.
        guest_rate_per_minute: Requests a minute from one address without a key.
        session_key: Signs the sessions of browsers. If unset, one is made at first use
            and kept in a file of its own, see :mod:`feedback_nlp.access.sessions`.
        secure_cookies: Whether cookies travel by HTTPS only, for a service behind a proxy that
            ends TLS.
        keep_contacts: Whether addresses that inlets and people name, with consent, are kept
            (encrypted).
        public_url: Where reporters reach this service, for the links of e-mails.
        frame_ancestors: Sites that may show the desk inside a page of theirs, separated by
            spaces, such as ``https://*.feishu.cn``; empty for none.
    """

    # No pydantic-settings: its import is a quarter of what a command takes to start.
    model_config = ConfigDict(validate_default=True)

    database_url: str = "sqlite:///feedback.db"
    timezone: str = "Asia/Shanghai"
    secret: SecretStr | None = None
    secret_file: Path | None = None
    pipeline: Path | None = None
    outlets: Path | None = None
    inlets: Path | None = None
    outgoing_allow: str = ""
    max_upload_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    worker: bool = True
    analyze_after_seconds: float = Field(default=60.0, ge=0)
    digest_at: str = "周一 09:00"
    digest_folder: Path | None = None
    digest_to: str = ""
    jobs_folder: Path | None = None
    job_hours: float = Field(default=24.0, gt=0, le=24 * 90)
    require_keys: bool = False
    guests_read: bool = False
    rate_per_minute: int = Field(default=18_000, gt=0)
    guest_rate_per_minute: int = Field(default=600, gt=0)
    session_key: SecretStr | None = Field(default=None, min_length=32)
    secure_cookies: bool = False
    keep_contacts: bool = False
    public_url: str = Field(default="", pattern=r"^(https?://[^\s<>\"]+)?$")
    frame_ancestors: str = ""

    def __init__(self, **given: Any) -> None:
        """Take what is given, then what the environment says, then the defaults.

        Raises:
            ValidationError: If a value is not usable.
        """
        super().__init__(**{**_in_environment(type(self).model_fields), **given})

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"写成了 {value!r}，没有这个时区；例如 Asia/Shanghai") from error
        return value

    @field_validator("secret_file")
    @classmethod
    def _holds_a_secret(cls, value: Path | None) -> Path | None:
        try:
            if value is not None and not value.read_text(encoding="utf-8").strip():
                raise ValueError(f"指的 {value} 是空的")
        except OSError as error:
            raise ValueError(f"指的 {value} 读不了：{error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"指的 {value} 不是文字") from error
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _are_sites(cls, value: str) -> str:
        wrong = [site for site in value.split() if not _SITE.fullmatch(site)]
        if wrong:
            raise ValueError(f"里的 {wrong[0]!r} 不是网站；例如 https://*.feishu.cn")
        return " ".join(value.split())

    @model_validator(mode="after")
    def _secret_of_file(self) -> Settings:
        if self.secret is None and self.secret_file is not None:
            self.secret = SecretStr(self.secret_file.read_text(encoding="utf-8").strip())
        return self

    @field_validator("digest_at")
    @classmethod
    def _known_time(cls, value: str) -> str:
        if value.strip():
            parse_weekly(value)
        return value.strip()

    @property
    def digest_time(self) -> tuple[int, time] | None:
        """Weekday (0 is Monday) and time of the digest; ``None`` for never."""
        return parse_weekly(self.digest_at) if self.digest_at else None

    @property
    def plain_secret(self) -> str | None:
        """The configured secret in clear; ``None`` if each database keeps its own."""
        return self.secret.get_secret_value() if self.secret else None

    @property
    def zone(self) -> ZoneInfo:
        """The configured zone."""
        return ZoneInfo(self.timezone)


def _in_environment(names: Iterable[str]) -> dict[str, str]:
    """Return the fields that the environment names, in capitals or not."""
    said = {
        name.lower(): value
        for name, value in os.environ.items()
        if name[: len(PREFIX)].upper() == PREFIX
    }
    found = {name: said.get((PREFIX + name).lower()) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def parse_weekly(text: str) -> tuple[int, time]:
    """Parse ``周一 09:00`` into a weekday (0 is Monday) and a time.

    Raises:
        ValueError: If it is not one, saying what is expected.
    """
    words = text.split()
    if len(words) == 2 and words[0] in _DAYS:
        with suppress(ValueError):
            return _DAYS[words[0]], time.fromisoformat(words[1])
    raise ValueError(f"写成了 {text!r}，应是星期和时间，例如 周一 09:00")


_DAYS = {f"周{name}": number for number, name in enumerate("一二三四五六日")}
