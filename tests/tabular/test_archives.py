"""Zip archives of tables are one source; bombs, strangers and read-mes stay out."""

import json
import zipfile
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.ingest import open_source
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular import open_table

CHINA = ZoneInfo("Asia/Shanghai")
MARCH = "评价id,评价时间,评价内容\n31,2026-03-01 10:00,汤里有根头发\n32,2026-03-02 10:00,上菜快\n"
APRIL = "评价id,评价时间,星级,评价内容\n41,2026-04-01 10:00,2,停车场排了半小时\n42,2026-04-02,5,\n"


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def read(path):
    with open_source(path, zone=CHINA) as reading:
        return reading, list(reading.items)


def test_tables_of_an_archive_are_read_on_whatever_their_encoding(tmp_path):
    path = packed(
        tmp_path / "评价.zip",
        {
            "评价/3月.csv": MARCH.encode("gb18030"),
            "评价/4月.csv": APRIL.encode("utf-8-sig"),
            "评价/说明.txt": "四月起有星级",
            "__MACOSX/评价/._3月.csv": b"\0\5\x16\7",
        },
    )
    reading, items = read(path)
    said = [item for item in items if isinstance(item, RawItem)]
    assert [item.text for item in said] == ["汤里有根头发", "上菜快", "停车场排了半小时"]
    assert [item.source_key for item in said] == ["31", "32", "41"]
    assert [item.rating for item in said] == [None, None, 2]
    assert [item.line for item in items if isinstance(item, Rejection)] == [6]
    notes = "；".join(reading.notes)
    assert "没有读的文件：评价/说明.txt" in notes
    assert "评价/3月.csv（第 1–3 行）、评价/4月.csv（第 4–6 行）" in notes
    assert "MACOSX" not in notes


def test_a_bad_row_names_its_member(tmp_path):
    path = packed(
        tmp_path / "a.zip", {"3月.csv": MARCH, "5月.csv": APRIL + '43,2026-04-03,1,"半句'}
    )
    with open_table(path) as table:
        bad = [row for row in table.rows if isinstance(row, Rejection)]
    assert [row.detail.partition("：")[0] for row in bad] == ["5月.csv 第 4 行"]


def test_days_of_a_chat_are_one_source_without_its_lists_of_users(tmp_path):
    def message(ts, text, user="U1", **more):
        return {"type": "message", "user": user, "text": text, "ts": f"{ts}.000100", **more}

    path = packed(
        tmp_path / "export.zip",
        {
            "users.json": json.dumps([{"id": "U1", "real_name": "欧阳小满"}]),
            "channels.json": json.dumps([{"id": "C1", "name": "ideas"}]),
            "ideas/2026-03-01.json": json.dumps(
                [
                    message(1772330400, "joined", subtype="channel_join"),
                    message(1772330500, "The map shows the wrong pier"),
                ]
            ),
            "ideas/2026-03-05.json": json.dumps([message(1772676100, "搜索搜不到中文地名", "U2")]),
        },
    )
    reading, items = read(path)
    said = [item for item in items if isinstance(item, RawItem)]
    assert [item.text for item in said] == ["The map shows the wrong pier", "搜索搜不到中文地名"]
    assert reading.kind is SourceKind.SOCIAL
    assert "没有读的文件：channels.json、users.json" in "；".join(reading.notes)
    assert "欧阳小满" not in str(items)


def test_a_member_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path):
    path = packed(tmp_path / "a.zip", {"空.csv": b"", "3月.csv": MARCH})
    reading, items = read(path)
    assert [item.text for item in items] == ["汤里有根头发", "上菜快"]
    assert any("空.csv 读不了" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"大.csv": b"text\n" + b"a" * 80_000_000}, "倍以上"),
        ({"图.png": b"\x89PNG"}, "里面没有表格"),
        ({"里.zip": b"PK\3\4"}, "里面没有表格"),
        ({"空.csv": b""}, "都读不了"),
    ],
)
def test_what_is_no_archive_of_tables_is_refused(tmp_path, members, told):
    with pytest.raises(FileUnreadable, match=told), open_table(packed(tmp_path / "a.zip", members)):
        pass


def test_names_that_lead_elsewhere_write_nothing_there(tmp_path):
    path = packed(tmp_path / "a.zip", {"../../逃.csv": MARCH})
    _, items = read(path)
    assert len(items) == 2
    assert list(tmp_path.parent.rglob("逃.csv")) == []
