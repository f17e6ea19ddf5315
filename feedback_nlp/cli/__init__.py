"""The command line: Chinese for people, ``--json`` for machines.

``app.py`` puts the commands together; each other module is one group of commands and
exposes ``register(app)``. Heavy imports happen inside commands, so that ``--help`` and
mistakes answer at once.
"""

from feedback_nlp.cli.app import main

__all__ = ["main"]
