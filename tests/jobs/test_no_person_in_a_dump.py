"""After files of many shapes: no personal value in a dump of the database or an export."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, text

from feedback_nlp.jobs.ingest import ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.store.exporting import ExportFilter, feedback_rows, unit_rows
from feedback_nlp.tabular import json_line
from tests.stored_letters import in_letters

PEOPLE = ["欧阳小满", "诸葛阿木", "司马豆豆"]
PRIVATE = [
    *PEOPLE, "uid-77001", "uid-77002", "13800001111", "13900002222", "mango@example.test", "https://example.test/u/77001",
    "https://img.example.test/avatar/77001.png", "10.9.8.7", "客服阿紫", "值班小丁", "31.2304",
]  # fmt: skip
FILES = {
    "social_13800001111.csv": (
        "评论id,评论者姓名,评论者id,评论者性别,评论者主页链接,头像链接,评论时间,评论内容\n"
        "1,欧阳小满,uid-77001,女,https://example.test/u/77001,https://img.example.test/avatar/77001.png,2026-03-01 10:00:00,@诸葛阿木 快来看 打不开\n"
        "2,诸葛阿木,uid-77002,男,https://example.test/u/77001,https://img.example.test/avatar/77001.png,2026-03-02 10:00:00,电话 13800001111 没人接\n"
        "3,司马豆豆,uid-77001,女,https://example.test/u/77001,,2026-03-02 10:00:00,\n"
        '4,司马豆豆,uid-77001,女,,,2026-03-02 10:00:00,"没关的引号\n'
    ),
    "survey.csv": (
        "序号,提交时间,您还有什么建议？,您的满意度,怎么称呼您,您的手机,邮箱,IP\n"
        "1,2026-03-01 10:00:00,希望周末也能预约,4,欧阳小满,13800001111,mango@example.test,10.9.8.7\n"
        "2,2026-03-02 10:00:00,,2,诸葛阿木,13900002222,mango@example.test,10.9.8.7\n"
    ),
    "tickets.csv": (
        "工单号,提交时间,负责人,受理客服,客户姓名,联系电话,问题描述\n"
        "13800001111,2026-03-01 10:00:00,值班小丁,客服阿紫,欧阳小满,13800001111,门锁坏了\n"
        "T2,2026-03-02 10:00:00,值班小丁,客服阿紫,诸葛阿木,13900002222,灯不亮\n"
    ),
    "nested.json": json.dumps(
        [
            {
                "id": n,
                "text": f"第{n}次白屏",
                "user": {
                    "id": "uid-77001",
                    "nickname": name,
                    "phone": 13800001111,
                    "lat": "31.2304",
                },
                "tags": ["白屏", 13900002222],
                "reply": {"author": "客服阿紫", "content": f"{name}您好"},
            }
            for n, name in enumerate(PEOPLE)
        ],
        ensure_ascii=False,
    ),
    "kept.csv": "评论内容,群里叫他,备注电话\n很稳,欧阳小满,13800001111\n不稳,诸葛阿木,13900002222\n",
}


OPTIONS = IngestOptions(source="来源", zone=ZoneInfo("Asia/Shanghai"))
OTHER_TOOLS = Path(__file__).parents[1] / "ingest" / "exports"


def ingest(database, path, options=OPTIONS):
    report = ingest_file(database, path, options, now=lambda: datetime(2026, 3, 9, tzinfo=UTC))
    assert report.accepted >= 1
    assert report.read + report.resumed_from >= report.accepted + report.duplicate
    return json.dumps(report.as_dict(), ensure_ascii=False)


def dump(database):
    """Every table, the search index among them, and what the exports write."""
    lines = []
    with database.read() as session:
        for table in inspect(session.get_bind()).get_table_names():
            lines += [str(row) for row in session.execute(text(f'SELECT * FROM "{table}"'))]
        for rows in (feedback_rows, unit_rows):
            exported = rows(session, ExportFilter())
            lines += [json_line(row, OPTIONS.zone) for row in exported]
    return in_letters("\n".join(lines))


@pytest.mark.parametrize("name", FILES)
def test_no_personal_value_is_stored(database, tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    told = ingest(database, path)
    stored = dump(database) + told
    assert [value for value in PRIVATE if value in stored] == []


@pytest.mark.slow
def test_no_personal_value_is_stored_after_all_of_them(database, tmp_path):
    right = tomllib.loads(OTHER_TOOLS.with_suffix(".toml").read_text(encoding="utf-8"))
    private = {*PRIVATE, *(value for case in right.values() for value in case.get("absent", ()))}
    told = []
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        told.append(ingest(database, tmp_path / name))
    told += [
        ingest(database, path, replace(OPTIONS, source=path.name))
        for path in sorted(OTHER_TOOLS.iterdir())
    ]
    stored = "\n".join([dump(database), *told])
    assert sorted(value for value in private if value in stored) == []
