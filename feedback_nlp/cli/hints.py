"""What a person at the command line should do about an error, by its reason.

A template is filled with the facts of the error, see :mod:`feedback_nlp.errors`. A reason
without an entry has a hint that holds for everybody, or cannot come up here.
"""

from __future__ import annotations

HINTS: dict[str, str] = {
    "changed-meanwhile": (
        "先用 feedback-nlp request {key} 看现在的样子，要改就带上 --expect {status} 再来一次"
    ),
    "duplicate-target-missing": "用 --duplicate-of 写上编号，例如 REQ-3",
    "no-actor": "用 --actor 写上名字",
    "reason-missing": "用 --reason 写一句话",
    "unknown-request": "用 feedback-nlp requests 查看全部编号",
}
