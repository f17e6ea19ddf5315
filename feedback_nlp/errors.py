"""One error tree. The core says what is wrong; the edges say what to do.

::

    FeedbackError
    ├── InputError            the file, row or request is not usable          exit 2 / HTTP 422
    │   ├── FileUnreadable    missing, a directory, empty, damaged, too large
    │   └── UnknownLayout     no text column could be recognised
    ├── NotFound              the named thing does not exist                  exit 3 / HTTP 404
    ├── Conflict              the change contradicts the present state        exit 4 / HTTP 409
    │   └── TransitionNotAllowed
    ├── ArtifactError         a model folder is missing, damaged or not ours  exit 5 / HTTP 500
    ├── ConfigError           a setting or pipeline.toml value is not usable  exit 6 / HTTP 500
    └── StoreError            the database cannot be opened or is too old     exit 7 / HTTP 503

Who says what::

    core   raise NotFound("没有编号为 REQ-9 的需求", reason="unknown-request", key="REQ-9")
             │  code     not-found         which kind: exit code, HTTP status
             │  message  没有编号为 …       what came, what was expected; Chinese
             │  reason   unknown-request   which case, stable English
             │  facts    key=REQ-9         what a hint may be built from
             ▼
    edges  feedback_nlp.cli.hints   unknown-request → 用 feedback-nlp requests 查看全部编号
           feedback_api.hints       unknown-request → 全部编号见 GET /v1/requests

The core does not know who asks, so it names no command, flag or route. What to do is the
same for everyone (检查目录权限) or is looked up by the edge under the ``reason``: the first
is the raise's ``hint``, the second a template of the edge's table, filled with the facts.
Titles are Chinese; ``code`` and ``reason`` are what machines match on. HTTP statuses and
exit codes are mapped once, in ``feedback_api.errors`` and ``feedback_nlp.cli.app``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class FeedbackError(Exception):
    """Base of all errors this package raises on purpose.

    Args:
        message: What came and what was expected, in Chinese.
        hint: What to do about it whoever asks, in Chinese; names no command, flag or route.
        reason: Stable key of this case, under which an edge has its own hint.
        facts: What the edge's hint is filled with; plain values.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "出错了"

    def __init__(self, message: str, *, hint: str = "", reason: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.reason = reason
        self.facts = facts

    def __str__(self) -> str:
        return self.told({})

    def advice(self, hints: Mapping[str, str]) -> str:
        """Return what to do: the edge's hint for this reason, else the general one.

        Args:
            hints: The edge's table, reason → template.
        """
        template = hints.get(self.reason)
        return self.hint if template is None else template.format(**self.facts)

    def told(self, hints: Mapping[str, str]) -> str:
        """Return the message and what to do about it, as one edge says it."""
        advice = self.advice(hints)
        return f"{self.message}（{advice}）" if advice else self.message


class InputError(FeedbackError):
    """The file, row or request is not usable."""

    code = "invalid-input"
    title = "输入有误"


class FileUnreadable(InputError):
    """A file is missing, a directory, empty, damaged or too large."""

    code = "file-unreadable"
    title = "文件无法读取"


class UnknownLayout(InputError):
    """No text column could be recognised in a file."""

    code = "unknown-layout"
    title = "认不出文件的列"


class NotFound(FeedbackError):
    """The named thing does not exist."""

    code = "not-found"
    title = "找不到"


class Conflict(FeedbackError):
    """The change contradicts the present state."""

    code = "conflict"
    title = "与当前状态冲突"


class TransitionNotAllowed(Conflict):
    """A request cannot go from its present status to the wanted one."""

    code = "transition-not-allowed"
    title = "状态不能这样流转"


class ArtifactError(FeedbackError):
    """A model folder is missing, damaged or not ours."""

    code = "artifact"
    title = "模型文件有问题"


class ConfigError(FeedbackError):
    """A setting or a pipeline.toml value is not usable."""

    code = "config"
    title = "配置有误"


class StoreError(FeedbackError):
    """The database cannot be opened, or its schema is not the one we expect."""

    code = "store"
    title = "数据库不可用"
