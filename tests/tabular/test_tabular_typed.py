import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import xlsxwriter

from feedback_nlp.errors import FileUnreadable, InputError
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import ColumnType, Limits, Row, open_table, read_rows, write_rows

CHINA = ZoneInfo("Asia/Shanghai")


def workbook(path: Path, rows, sheet: str = "Sheet1") -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        page = book.add_worksheet(sheet)
        for index, row in enumerate(rows):
            page.write_row(index, 0, row)
    return path


def test_workbook_cells_keep_their_types(tmp_path):
    moment = datetime(2026, 3, 1, 10, 22, 31)
    path = workbook(tmp_path / "a.xlsx", [["序号", "text", "时间"], [7, "闪退", moment]])
    assert list(read_rows(path)) == [Row(2, {"序号": 7, "text": "闪退", "时间": moment})]


def test_merged_cells_hold_for_each_row_but_words_were_said_once(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["日期", "门店", "评价内容", "评分"])
        page.merge_range(1, 0, 4, 0, "2026-03-01")
        page.merge_range(1, 1, 2, 1, "东门店")
        page.write_row(1, 2, ["汤太咸了，喝了一口就放下", 2])
        page.write_row(2, 2, ["上菜快，服务热情", 5])
        page.write(3, 1, "西门店")
        page.merge_range(3, 2, 4, 2, "排队一个小时，叫号还叫错了")
        page.write_column(3, 3, [1, 3])
        page.write_row(5, 1, ["南门店", "没有合并的行，日期空着", 4])
    rows = [tuple(row.values.values()) for row in read_rows(path)]
    assert rows == [
        ("2026-03-01", "东门店", "汤太咸了，喝了一口就放下", 2),
        ("2026-03-01", "东门店", "上菜快，服务热情", 5),
        ("2026-03-01", "西门店", "排队一个小时，叫号还叫错了", 1),
        ("2026-03-01", "", "", 3),
        ("", "南门店", "没有合并的行，日期空着", 4),
    ]


def test_a_cover_of_one_column_is_not_the_table(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write_column(0, 0, ["本表由客服部导出", "请勿外传"])
        page = book.add_worksheet("数据")
        for index, row in enumerate([["id", "text"], ["1", "闪退"], ["2", "好用"]]):
            page.write_row(index, 0, row)
    with open_table(path) as table:
        assert table.columns == ("id", "text")
        assert table.other_sheets == ("说明",)
    with open_table(path, sheet="说明") as table:
        assert table.columns == ("本表由客服部导出",)


def test_packed_workbook_and_wrong_suffix_are_recognised(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["text"], ["好"]])
    packed = tmp_path / "b.xlsx.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    wrong = tmp_path / "c.csv"
    wrong.write_bytes(path.read_bytes())
    assert list(read_rows(packed)) == list(read_rows(wrong)) == [Row(2, {"text": "好"})]


def test_text_named_xls_is_read_as_text(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes("id\ttext\n1\t好\n".encode("gb18030"))
    assert list(read_rows(path)) == [Row(2, {"id": "1", "text": "好"})]


def test_first_sheet_with_cells_is_read_and_others_are_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("封面")
        page = book.add_worksheet("数据")
        page.write_column(0, 0, ["text", "好"])
    with open_table(path) as table:
        assert list(table.rows) == [Row(2, {"text": "好"})]
        assert table.other_sheets == ("封面",)
    with (
        pytest.raises(FileUnreadable, match="可用的工作表：封面、数据"),
        open_table(path, sheet="x"),
    ):
        pass


def test_zip_bomb_is_refused_before_parsing(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(64):
            part.write(b"\0" * (1 << 20))
    with pytest.raises(FileUnreadable, match="拒绝打开"):
        list(read_rows(path))


def test_parser_is_stopped_by_its_memory_limit(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["text"], *[[f"第{n}条" * 40] for n in range(100)]])
    with pytest.raises(FileUnreadable):
        list(read_rows(path, limits=Limits(workbook_memory_bytes=16 * 1024 * 1024)))


def test_damaged_workbooks_give_one_clear_error(tmp_path):
    good = workbook(tmp_path / "a.xlsx", [["text"], ["好"]]).read_bytes()
    for cut in (10, len(good) // 2, len(good) - 10):
        path = tmp_path / f"cut{cut}.xlsx"
        path.write_bytes(good[:cut])
        with pytest.raises(FileUnreadable):
            list(read_rows(path))


@pytest.mark.parametrize(
    "document",
    [
        '[{"text": "甲"}, {"text": "乙"}]',
        '{"code": 0, "tags": [{"x": 1}], "data": {"items": [{"text": "甲"}, {"text": "乙"}]}}',
        '{"feed": {"link": [{"a": 1}], "entry": [{"text": "甲"}, {"text": "乙"}]}}',
        '{"whatever": [{"text": "甲"}, {"text": "乙"}]}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_json_records_are_found(document, encoding):
    rows = list(read_rows(io.BytesIO(document.encode(encoding)), format="json"))
    assert rows == [Row(1, {"text": "甲"}), Row(2, {"text": "乙"})]


def test_one_json_object_is_one_record():
    assert list(read_rows(io.BytesIO('{"text": "甲", "star": 5}'.encode()))) == [
        Row(1, {"text": "甲", "star": 5})
    ]


def test_broken_json_keeps_what_came_before():
    rows = list(read_rows(io.BytesIO('[{"text": "甲"}, {"text": "乙"'.encode())))
    assert rows[0] == Row(1, {"text": "甲"})
    assert [r.reason for r in rows if isinstance(r, Rejection)] == ["file-damaged"]
    with pytest.raises(FileUnreadable):
        list(read_rows(io.BytesIO(b"[nonsense")))


def test_json_lines_reject_line_by_line():
    data = '{"text": "甲"}\n\nnot json\n[1]\n{"text": "乙"}\n'.encode() + b'{"text": "\xff"}\n'
    rows = list(read_rows(io.BytesIO(data)))
    assert [(row.line, getattr(row, "reason", "")) for row in rows] == [
        (1, ""),
        (3, "bad-json"),
        (4, "bad-json"),
        (5, ""),
        (6, "bad-encoding"),
    ]


def test_deeply_nested_json_line_is_rejected():
    rows = list(read_rows(io.BytesIO(b'{"a": 1}\n' + b"[" * 200_000 + b"\n"), format="jsonl"))
    assert rows[1].reason == "bad-json"


ROWS: list[dict[str, Any]] = [
    {"id": "00123456789012345678", "text": '=1+1，"引号"\n换行', "star": 4.5, "n": 3,
     "at": datetime(2026, 3, 1, 2, 0, tzinfo=UTC), "units": [{"start": 0, "end": 2}]},
    {"id": "2", "text": "\ud800坏", "star": None, "n": None, "at": None, "units": []},
]  # fmt: skip
TYPES = {
    "star": ColumnType.NUMBER,
    "n": ColumnType.INTEGER,
    "at": ColumnType.TIME,
    "units": ColumnType.NESTED,
}


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet", "a.xlsx"]
)
def test_what_is_written_reads_back(tmp_path, name):
    path = tmp_path / name
    assert write_rows(path, list(ROWS[0]), ROWS, types=TYPES, zone=CHINA) == 2
    first, second = read_rows(path)
    assert first.values["id"] == "00123456789012345678"
    assert first.values["text"] == '=1+1，"引号"\n换行'
    assert float(first.values["star"]) == 4.5
    units = first.values["units"]
    assert (json.loads(units) if isinstance(units, str) else units) == [{"start": 0, "end": 2}]
    assert second.values["text"].endswith("坏")
    assert list(tmp_path.iterdir()) == [path]


def test_csv_opens_in_excel_and_can_guard_formulas(tmp_path):
    path = tmp_path / "a.csv"
    write_rows(path, ["text"], ROWS[:1], guard_formulas=True)
    assert path.read_bytes().startswith("\ufefftext\r\n\"'=1+1".encode())


def written(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


FORMULAS = [
    "=1+1", "+cmd", "-cmd", "@SUM(1)", "＝1+1", " =1+1", '"=1+1', "'=1+1", ";=1+1", "\n=1+1",
    "\t=1", "\r=1", "\u3000=1", "\ufeff=1", "\u200b=1", '";"=1', "“=1+1", "“＠SUM”",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_run_by_a_spreadsheet(tmp_path, text):
    path = tmp_path / "a.csv"
    write_rows(path, ["text"], [{"text": text}], guard_formulas=True)
    (_, (cell,)) = written(path)
    assert cell[0] == "'"
    assert cell.replace("'", "") == text.replace("'", "")


def test_a_cell_that_a_locale_cuts_at_semicolons_starts_no_formula(tmp_path):
    path = tmp_path / "a.csv"
    write_rows(path, ["text"], [{"text": "好;=1+1"}], guard_formulas=True)
    assert ";'=1+1" in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "text", ["好用", "-3", "+86", "5.0", "-12.5%", "说=好", "a-b", "3-5天", ""]
)
def test_plain_texts_stay_as_they_are(tmp_path, text):
    path = tmp_path / "a.csv"
    write_rows(path, ["text", "n"], [{"text": text, "n": -0.5}], guard_formulas=True)
    (_, cells) = written(path)
    assert cells == [text, "-0.5"]


def test_a_workbook_marks_formulas_as_texts(tmp_path):
    path = tmp_path / "a.xlsx"
    write_rows(path, ["text"], [{"text": "=1+1"}, {"text": "好"}], guard_formulas=True)
    sheet = openpyxl.load_workbook(path).active
    assert [sheet.cell(n, 1).data_type for n in (2, 3)] == ["s", "s"]
    assert [sheet.cell(n, 1).quotePrefix for n in (2, 3)] == [True, False]
    assert sheet.cell(2, 1).value == "=1+1"


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def rows():
        yield {"text": "新"}
        raise InputError("坏了")

    with pytest.raises(InputError):
        write_rows(path, ["text"], rows())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_names_are_refused(tmp_path):
    for path in (tmp_path / "a.docx", tmp_path / "a.xlsx.gz", tmp_path / "no" / "a.csv"):
        with pytest.raises(InputError):
            write_rows(path, ["text"], [])
