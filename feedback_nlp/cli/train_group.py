"""The ``train`` group, to which two modules add their commands."""

from __future__ import annotations

import typer

_NAME = "train"


def train_group(app: typer.Typer) -> typer.Typer:
    """Return the group, made if no module has made it yet."""
    known = (info.typer_instance for info in app.registered_groups if info.name == _NAME)
    group = next(known, None)
    if group is None:
        group = typer.Typer(help="用自己的数据训练模型", no_args_is_help=True)
        app.add_typer(group, name=_NAME)
    return group
