"""What a caller of the API should do about an error, by its reason.

A template is filled with the facts of the error, see :mod:`feedback_nlp.errors`. An error
without a reason has a hint that holds for everybody. Errors with a 5xx status are not for
the caller to mend: the answer says so, and the log has the message.
"""

from __future__ import annotations

HINTS: dict[str, str] = {
    "bad-if-match": '把 GET 返回的 ETag 原样写回，例如 If-Match: "3"',
    "being-ingested": "等它结束后再照原样重发",
    "changed-meanwhile": "先 GET /v1/requests/{key} 看现在的样子，再带上新的 ETag（If-Match）重试",
    "duplicate-target-missing": "在 duplicate_of 里写上编号，例如 REQ-3",
    "no-actor": "在 actor 里写上名字",
    "no-feedback": "用 POST /v1/feedback 送来反馈，或导入文件",
    "not-analysed": "等下一次分析完成后再来，或请管理员现在就运行分析",
    "nothing-to-edit": "写上 title、owner、due、effort、strategic_weight 里的一项或几项",
    "not-judged": "改过的见 GET /v1/judgements",
    "nothing-to-judge": "写上 sentiment 或 intent",
    "nothing-to-undo": "历史见 GET /v1/topics/{topic_id}",
    "reason-missing": "在 reason 里写一句话",
    "source-kind-differs": "把 source.kind 写成 {kind}，或换一个来源名",
    "no-text-column": "在 text_column 里写上哪一列是文字，例如 {example}",
    "topic-has-request": "直接改 {key}，见 PATCH /v1/requests/{key}",
    "unknown-person": "author 要和当初送来的一样",
    "unknown-message": "编号见 GET /v1/outbox",
    "unknown-outlet": "已配置：{known}",
    "unknown-request": "全部编号见 GET /v1/requests",
    "unknown-topic": "主题编号见 GET /v1/topics",
    "unknown-unit": "观点编号见 GET /v1/feedback?topic={topic_id} 的 units",
    "unknown-word": "已收录的词见 GET /v1/lexicon",
}

#: Reasons that no route can bring about: of files, training, evaluation and what has no route.
ELSEWHERE = frozenset(
    {
        "database-exists",
        "header-row-blank",
        "key-exists",
        "label-columns-unknown",
        "no-folder",
        "no-header",
        "no-output-file",
        "table-or-folder",
        "text-column-empty",
        "text-column-unknown",
        "held-elsewhere",
        "unknown-alert",
        "unknown-batch",
        "unknown-feedback",
        "unknown-key",
        "unknown-notice",
        "unknown-source",
    }
)
