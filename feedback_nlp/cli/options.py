"""A command's options as one record: a dataclass whose fields are what ``typer`` would take."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def expand(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take a record of options in place of each option by itself.

    A parameter that is annotated with a dataclass becomes one option a field, in the place of
    the parameter; the record is built from what was given. A field is annotated and
    defaulted as a parameter would be: ``Annotated[int, typer.Option(min=1)] = 8``.
    """
    hints = get_type_hints(command, include_extras=True)
    records: dict[str, Any] = {
        name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)
    }
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name in records:
            parameters += _options(records[parameter.name])
        else:
            hint = hints[parameter.name]
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hint))

    def expanded(**given: Any) -> None:
        built = {
            name: record(
                **{field.name: given.pop(field.name) for field in dataclasses.fields(record)}
            )
            for name, record in records.items()
        }
        command(**given, **built)

    expanded.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    expanded.__annotations__ = {item.name: item.annotation for item in parameters}
    expanded.__name__, expanded.__doc__ = command.__name__, command.__doc__
    return expanded


def _options(record: Any) -> list[Parameter]:
    hints = get_type_hints(record, include_extras=True)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(record)
    ]
