"""The command line: Chinese for people, ``--json`` for machines.

``app.py`` puts the commands together; each other module is one group of commands and
exposes ``register(app)``. Heavy imports happen inside commands, so that ``--help`` and
mistakes answer at once.
"""

import gc
import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of ``feedback-nlp``.

    Loads nothing before it is called: workers of ``classify`` import the script that started
    them once more.
    """
    if sys.argv[1:2] == ["classify"]:
        from feedback_nlp.cli.early import prepare_for  # noqa: PLC0415

        prepare_for(sys.argv[2:])
    from feedback_nlp.cli.app import main as run  # noqa: PLC0415

    try:
        run()
    finally:
        # All that is left dies with the process; to look for cycles in it takes 0.15 s of CPU.
        gc.freeze()
