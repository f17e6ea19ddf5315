"""One error tree. Each message says what came, what was expected and what to do.

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

Titles are Chinese, for the person in front of the screen; ``code`` is the stable
English name that machines match on. HTTP statuses and exit codes are mapped once,
in ``feedback_api.errors`` and ``feedback_nlp.cli.app``.
"""

from __future__ import annotations

from typing import ClassVar


class FeedbackError(Exception):
    """Base of all errors this package raises on purpose.

    Args:
        message: What came and what was expected, in Chinese.
        hint: What to do about it, in Chinese.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "出错了"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}（{self.hint}）" if self.hint else self.message


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
