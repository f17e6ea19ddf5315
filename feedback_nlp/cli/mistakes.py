"""What Typer says about a mistyped command and in its help, in Chinese.

The only module that knows Typer's English: it is matched here once, and what is not matched
is shown as it came rather than hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_HELP = "显示这段说明"
_MISTAKES = (
    (r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", "多写了 {0}"),
    (r"No such option: (\S+) \(Possible options: (.*)\)", "没有选项 {0}，是不是 {1}"),
    (r"No such option: (\S+)", "没有选项 {0}"),
    (r"No such command '(.*)'\. Did you mean (.*)\?", "没有命令 {0}，是不是 {1}"),
    (r"No such command '(.*)'\.", "没有命令 {0}"),
    (r"Missing command\.", "没有写要做什么"),
    (r"Missing argument '(.*?)'\.(?s:.*)", "缺少 {0}"),
    (r"Missing option (.*?)\.(?s:.*)", "缺少选项 {0}"),
    (r"Option '(.*)' requires an argument\.", "选项 {0} 后面要写值"),
    (r"Option '(.*)' requires (\d+) arguments\.", "选项 {0} 后面要写 {1} 个值"),
    (r"Option '(.*)' does not take a value\.", "选项 {0} 后面不写值"),
    (r"Argument '(.*)' takes (\d+) values\.", "{0} 要写 {1} 个值"),
)
_VALUES = (
    (r"(?:Value error, )?(.*) is not one of (.*)\.", "没有 {0}，可用 {1}"),
    (r"(?:File|Directory|Path) '(.*)' does not exist\.", "{0} 不存在"),
    (r"(?:File|Directory|Path) '(.*)' is a file\.", "{0} 是文件，应是目录"),
    (r"(?:File|Directory|Path) '(.*)' is a directory\.", "{0} 是目录，应是文件"),
    (r"(?:File|Directory|Path) '(.*)' is not readable\.", "{0} 没有读权限"),
    (r"(?:File|Directory|Path) '(.*)' is not writable\.", "{0} 没有写权限"),
)
_INVALID = re.compile(r"Invalid value(?: for (?P<where>.*?))?: (?P<what>.*)", re.DOTALL)
_TYPES = {"int": "整数", "float": "数", "str": "文字", "file": "文件", "path": "路径", "bool": ""}


def told(error: Any) -> str:
    """Return one Chinese line about a usage error of Typer, with where to read more."""
    message = str(error.format_message())
    invalid = _INVALID.fullmatch(message)
    if invalid is None:
        words = _translated(message, _MISTAKES)
    else:
        where = (invalid["where"] or "").replace("'", "")
        words = f"{where}：{_value(error, invalid['what'])}" if where else invalid["what"]
    context = getattr(error, "ctx", None)
    return words + (f"（用法：{context.command_path} --help）" if context is not None else "")


def in_chinese(command: Any) -> Any:
    """Let a command, and all under it, print their help in Chinese; return it."""
    _translate(command)
    return command


def _translate_titles() -> None:
    """Name the parts of a help page; only once one is printed, for rich's parts load slowly."""
    from typer import rich_utils  # noqa: PLC0415

    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认 {}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"


def _value(error: Any, what: str) -> str:
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, seldom wanted

    from feedback_nlp.validation_words import described  # noqa: PLC0415

    cause = error.__cause__
    if isinstance(cause, ValidationError):
        problem = cause.errors(include_url=False)[0]
        if problem["type"] != "value_error":
            return described(dict(problem))
    return _translated(what, _VALUES)


def _translated(message: str, table: tuple[tuple[str, str], ...]) -> str:
    for pattern, template in table:
        match = re.fullmatch(pattern, message.strip())
        if match is not None:
            found = [(group or "").replace("'", "").replace(", ", "、") for group in match.groups()]
            return template.format(*found)
    return message


def _translate(command: Any) -> None:
    command.options_metavar = "[选项]"
    print_help = command.format_help

    def print_translated(*given: Any) -> None:
        _translate_titles()
        print_help(*given)

    command.format_help = print_translated
    _replace(command, "get_help_option", _with_help)
    _replace(command, "get_usage", lambda usage: usage.replace("Usage: ", "用法："))
    for parameter in command.params:
        _replace(parameter, "display_type_rich", _type_words)
    if hasattr(command, "commands"):
        command.subcommand_metavar = "命令 …"
        for one in command.commands.values():
            _translate(one)


def _replace(owner: Any, name: str, change: Callable[[Any], Any]) -> None:
    """Let a method of one object return what ``change`` makes of its result."""
    original = getattr(owner, name, None)
    if original is not None:
        setattr(owner, name, lambda *given, **named: change(original(*given, **named)))


def _with_help(option: Any) -> Any:
    if option is not None:
        option.help = _HELP
        _replace(option, "display_type_rich", lambda _: "")
    return option


def _type_words(shown: str | None) -> str | None:
    name = (shown or "").strip("<>").removesuffix(" range")
    name = name.removeprefix("list[").removesuffix("]")
    return _TYPES.get(name, shown)
