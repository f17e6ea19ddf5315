"""What a caller of the API should do about an error, by its reason.

A template is filled with the facts of the error, see :mod:`feedback_nlp.errors`. A reason
without an entry has a hint that holds for everybody, or cannot come up here.
"""

from __future__ import annotations

HINTS: dict[str, str] = {
    "bad-if-match": '把 GET 返回的 ETag 原样写回，例如 If-Match: "3"',
    "changed-meanwhile": "先 GET /v1/requests/{key} 看现在的样子，再带上新的 ETag（If-Match）重试",
    "duplicate-target-missing": "在 duplicate_of 里写上编号，例如 REQ-3",
    "no-actor": "在 actor 里写上名字",
    "nothing-to-edit": "写上 title、owner、due、effort、strategic_weight 里的一项或几项",
    "reason-missing": "在 reason 里写一句话",
    "topic-has-request": "直接改 {key}，见 PATCH /v1/requests/{key}",
    "unknown-request": "全部编号见 GET /v1/requests",
}
