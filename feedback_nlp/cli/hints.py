"""What a person at the command line should do about an error, by its reason.

A template is filled with the facts of the error, see :mod:`feedback_nlp.errors`. An error
without a reason has a hint that holds for everybody.
"""

from __future__ import annotations

HINTS: dict[str, str] = {
    "being-ingested": "等它结束后再看 feedback-nlp batches",
    "changed-meanwhile": "先用 feedback-nlp request {key} 看现在的样子，要改就带上 --expect {status} 再来一次",
    "database-exists": "换一个 --db，或加 --force 替换它",
    "duplicate-target-missing": "用 --duplicate-of 写上编号，例如 REQ-3",
    "embeddings-unusable": "重新安装，或用 feedback-nlp train embeddings 重新训练",
    "header-row-blank": "--header-row 可以是 {first}–{last} 之间有内容的行",
    "key-exists": "换一个名字，或用 feedback-nlp keys rotate {name} 换新密钥",
    "label-columns-unknown": "用 --sentiment 或 --intent 指定；文件里的列：{columns}",
    "model-unusable": "重新安装，或用 feedback-nlp train 重新训练",
    "no-actor": "用 --actor 写上名字",
    "no-feedback": "先运行 feedback-nlp ingest 导入",
    "no-folder": "按日期分目录时，--to 后面写一个目录",
    "no-header": "没有表头请加 --no-header，表头在别的行请用 --header-row 行号",
    "no-output-file": "--resume 要和 -o 文件名 一起用",
    "no-text-column": "用 --map 指明，例如 --map '{example}=text'",
    "not-analysed": "先运行 feedback-nlp analyze",
    "not-judged": "用 feedback-nlp audit list 看谁改过什么",
    "nothing-to-judge": "用 --sentiment 或 --intent 写上",
    "nothing-to-undo": "用 feedback-nlp topics show {topic_id} 查看历史",
    "reason-missing": "用 --reason 写一句话",
    "source-kind-differs": "去掉 --kind，或用 --kind {kind}，或换一个来源名",
    "table-or-folder": "写表用 --into 表名，写目录用 --partition-by 日期列",
    "text-column-empty": "检查文本列，或用 --text 指定",
    "text-column-unknown": "用 --text 指定；文件里的列：{columns}",
    "unknown-alert": "用 feedback-nlp alerts 查看编号",
    "unknown-batch": "用 feedback-nlp batches 查看所有批次",
    "unknown-key": "用 feedback-nlp keys list 查看全部密钥",
    "unknown-person": "检查 --author 写的和原文件里的是否一样，或用 --author-key",
    "unknown-source": "用 feedback-nlp retention report 查看全部来源",
    "unknown-message": "用 feedback-nlp outbox list 查看编号",
    "unknown-outlet": "已配置：{known}",
    "unknown-request": "用 feedback-nlp requests 查看全部编号",
    "unknown-topic": "用 feedback-nlp topics list 查看编号",
    "unknown-unit": "用 feedback-nlp topics show {topic_id} 查看观点编号",
    "unknown-word": "用 feedback-nlp lexicon list 查看",
    "worker-died": "多半是内存不足：减少 --workers 后重试",
}

#: How to do on the command line what a remark on a file asks for.
REMARKS: dict[str, str] = {
    "请指明正文列": "请用 --map 列名=text 指明",
    "请指明时间列": "请用 --map 列名=occurred_at 指明",
    "请指明编号列": "请用 --map 列名=source_key 指明",
    "请指明用户列": "请用 --map 列名=author 指明",
    "请指明评分列": "请用 --map 列名=rating 指明",
    "请指明来源类型": "请用 --kind 指明",
    "请说明文件是哪天导出的": "请用 --as-of 日期 说明文件是哪天导出的",
    "要保存请点名": "要保存请用 --keep 列名",
    "按要求不保存": "按 --drop 不保存",
    "要读就指定工作表": "要读就用 --sheet 指定",
}

#: Reasons that no command can bring about.
ELSEWHERE = frozenset(
    {
        "bad-if-match",
        "held-elsewhere",
        "nothing-to-edit",
        "topic-has-request",
        "unknown-feedback",
        "unknown-notice",
    }
)


def remark(text: str) -> str:
    """Return a remark on a file with the options that it asks for."""
    for phrase, words in REMARKS.items():
        text = text.replace(phrase, words)
    return text
