"""Files built or broken so as to hurt: refused in one line, or read right; never mojibake."""

import gzip
import io
import json
import os
import zipfile
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import Row, open_table, read_rows
from feedback_nlp.tabular.encodings import is_utf7, legacy_encoding
from feedback_nlp.tabular.json_guard import GuardedJson


def read(data: bytes, **options):
    return list(read_rows(io.BytesIO(data), **options))


@pytest.mark.parametrize("depth", [100, 2_000, 60_000])
def test_deep_json_is_refused(depth):
    data = b'[{"text":"a","x":' + b"[" * depth + b"]" * depth + b"}]"
    with pytest.raises(FileUnreadable, match="嵌套"):
        read(data, format="json")


def test_brackets_inside_texts_are_no_depth():
    text = "[" * 500 + '\\"{{{' * 300
    (row,) = read(json.dumps([{"text": text, "x": '"'}]).encode(), format="json")
    assert row.values["text"] == text


def test_a_deep_json_line_costs_that_line():
    deep = '{"text":"a","x":' + "[" * 900 + "]" * 900 + "}"
    rows = read(f'{{"text":"好"}}\n{deep}\n{{"text":"行"}}\n'.encode(), format="jsonl")
    assert [row.reason for row in rows if isinstance(row, Rejection)] == ["bad-json"]
    assert len(rows) == 3


def test_bytes_that_are_no_utf8_cost_their_json_record():
    data = '[{"text":"好"},{"text":"'.encode() + b"\xff\xfe" + '"},{"text":"行"}]'.encode()
    rows = read(data, format="json")
    assert [getattr(row, "reason", "") for row in rows] == ["", "bad-encoding", ""]


def test_characters_cut_by_the_block_are_whole():
    texts = ["一" * n for n in range(1, 400)]
    data = json.dumps([{"text": text} for text in texts] * 3, ensure_ascii=False).encode()
    assert [row.values["text"] for row in read(data, format="json")] == texts * 3


def test_parquet_bombs_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    long = pa.DictionaryArray.from_arrays(
        pa.array([0] * 4_000, pa.int32()), pa.array(["好" * 60_000])
    )
    pq.write_table(pa.table({"text": long.cast(pa.string())}), path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileUnreadable, match="不合常理"):
        read(path.read_bytes(), format="parquet")


def test_times_beyond_python_do_not_stop_the_file(tmp_path):
    path = tmp_path / "a.parquet"
    times = pa.array([10**15, 1_700_000_000_000], pa.timestamp("ms"))
    nanoseconds = pa.array([1, 2], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["好", "行"], "t": times, "n": nanoseconds}), path)
    first, second = read(path.read_bytes())
    assert first.values["t"] == f"{10**15} ms（超出日期范围）"  # never a time of another year
    assert second.values["t"].year == 2023
    assert first.values["n"].year == 1970


def test_gzip_bombs_are_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(80):
            file.write(b"a" * (1 << 20))
    with pytest.raises(FileUnreadable, match="倍"), open_table(path):
        pass


TRADITIONAL = ("開機之後螢幕閃個不停", "等了兩個鐘頭還沒上菜", "讚", "退費申請送出去就沒下文了")
SIMPLIFIED = (
    "开机以后屏幕闪个不停",
    "等了两个钟头还没上菜",
    "赞",
    "齁咸，馄饨皮也厚",
    "鼠標很順手，但是線太短",
)


@pytest.mark.parametrize("text", TRADITIONAL)
def test_big5_is_told_from_gb18030(text):
    assert legacy_encoding(text.encode("cp950")) == "cp950"


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_gb18030_stays_gb18030(text):
    assert legacy_encoding(text.encode("gb18030")) == "gb18030"


def test_big5_and_utf7_files_are_read_right():
    content = "text,star\n開機之後螢幕閃個不停,1\n很順手,5\n"
    for encoding in ("cp950", "utf-7"):
        rows = read(content.encode(encoding))
        assert [row.values["text"] for row in rows] == ["開機之後螢幕閃個不停", "很順手"]


@pytest.mark.parametrize(
    "text", ["a+b", "+8613800001111", "+1 (212) 5550100", "C++/Java+SQL", "+Abc"]
)
def test_plus_signs_are_no_utf7(text):
    assert not is_utf7(text.encode())


def test_a_second_byte_order_mark_and_one_in_a_name_are_stripped():
    (row,) = read("\ufeff\ufeff内容,\ufeff星\n好,5\n".encode())
    assert row.values == {"内容": "好", "星": "5"}
    (row,) = read('[{"\ufeff内容": "好"}]'.encode())
    assert row.values == {"内容": "好"}


def test_bytes_in_parquet_are_read_as_text_or_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": pa.array(["好用".encode(), b"\xff\xfe"])}), path)
    good, bad = read(path.read_bytes())
    assert good.values["text"] == "好用"
    assert bad.reason == "bad-encoding"


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp950", "Big5"), ("gb18030", "GB18030"), ("utf-7", "UTF-7")]
)
def test_a_guessed_encoding_is_said(encoding, name):
    content = (
        "text,star\n開機之後螢幕閃個不停,1\n很順手,5\n"
        if encoding != "gb18030"
        else "text,star\n开机以后屏幕闪个不停,1\n很顺手,5\n"
    )
    with open_table(io.BytesIO(content.encode(encoding))) as table:
        assert any(name in note for note in table.notes)
    with open_table(io.BytesIO(content.encode())) as table:
        assert table.notes == ()


def test_one_object_as_large_as_a_file_is_refused(monkeypatch):
    monkeypatch.setattr("feedback_nlp.tabular.json_rows._MAX_DOCUMENT_BYTES", 100_000)
    members = ",".join(f'"k{n}":{{"a":{n % 7}}}' for n in range(20_000))
    with pytest.raises(FileUnreadable, match="一个对象"):
        read(f"{{{members}}}".encode(), format="json")


@pytest.mark.parametrize("wrong", ["latin-1", "gb18030"])
def test_text_that_was_decoded_wrongly_before_is_refused(wrong):
    lines = "text,star\n开机以后屏幕一直闪,1\n等了两个钟头还没上菜,2\n很好用的软件，推荐,5\n"
    broken = "\n".join(line.encode().decode(wrong, "ignore") for line in lines.split("\n"))
    with pytest.raises(FileUnreadable, match="乱码"):
        read(broken.encode())


def test_japanese_is_no_gb18030():
    said = "とても使いやすいアプリです"
    with pytest.raises(FileUnreadable, match="编码"):
        read(f"text,star\n{said},5\n{said},4\n".encode("shift_jis"))


def test_korean_is_no_gb18030():
    said = "배송이 너무 늦어요 앱이 자꾸 꺼집니다"
    with pytest.raises(FileUnreadable, match="编码"):
        read(f"id,content,rating\n1,{said},5\n2,{said},4\n".encode("euc-kr"))


def test_what_json_does_not_know_is_nothing_and_texts_that_spell_it_stay():
    said = 'NaN, -Infinity 都显示在 "NaN" 页面上, NaN'
    records = [{"text": said, "star": float("nan")}, {"text": "好", "star": float("-inf")}]
    first, second = read(json.dumps(records, ensure_ascii=False).encode())
    assert (first.values, second.values) == (
        {"text": said, "star": None},
        {"text": "好", "star": None},
    )


@pytest.mark.parametrize("indent", [None, 2])
def test_one_broken_record_costs_itself(indent):
    records = [
        {"text": f"第{n}条", "replies": [{"text": "您好"}, {"text": "再见"}]} for n in "一二三四"
    ]
    text = json.dumps(records, ensure_ascii=False, indent=indent).replace("第二条", '第"二条')
    rows = read(text.encode())
    assert [row.values["text"] for row in rows if isinstance(row, Row)] == [
        "第一条",
        "第三条",
        "第四条",
    ]
    (lost,) = [row for row in rows if isinstance(row, Rejection)]
    assert (lost.line, lost.reason) == (2, "bad-json")
    assert "第三条" not in lost.raw


def test_a_list_that_breaks_off_says_so_once():
    rows = read('[{"text":"第一条"},{"text":"第二条"},{"text":"第三'.encode())
    assert [type(row).__name__ for row in rows] == ["Row", "Row", "Rejection"]
    assert rows[2].reason == "file-damaged"


@pytest.mark.parametrize(
    "said", ["très bon café", "schöne Größe", "とても便利", "好用", "齁咸，馄饨皮也厚"]
)
def test_other_tongues_in_utf8_are_read(said):
    first, _ = read(f"text,star\n{said},5\n{said},4\n".encode())
    assert first.values["text"] == said


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileUnreadable, match="不是普通文件"):
        list(read_rows(tmp_path / "pipe.csv"))


def test_a_first_line_longer_than_what_is_looked_at_keeps_its_encoding():
    data = ("好" * 400_000 + "\n" + "不错\n").encode()
    rows = list(read_rows(io.BytesIO(data), format="lines"))
    assert [row.values["text"][:2] for row in rows] == ["好好", "不错"]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        (
            "<table><tr><td>内容<td>分</tr><tr><td rowspan=999999999 colspan=99999>好</table>",
            ["好"],
        ),
        ("<table>" + "<table><tr><td>内容</td></tr><tr><td>好</td></tr>" * 300, ["好"]),
        ("<tr><td>内容</td></tr><tr><td>&lt;b&gt;<script>坏</script></td></tr>", ["<b>"]),
    ],
)
def test_hostile_pages_are_tables_of_their_cells(page, texts):
    rows = list(read_rows(io.BytesIO(page.encode()), format="xls"))
    assert [row.values["内容"] for row in rows] == texts


def test_half_a_character_in_json_costs_no_traceback():
    rows = list(read_rows(io.BytesIO(b'[{"text":"a"},{"text":"\\ud83d"},{"text":"b"}]')))
    assert [row.values["text"] for row in rows if isinstance(row, Row)][::2] == ["a", "b"]


def test_a_page_with_damaged_bytes_is_refused():
    with pytest.raises(FileUnreadable, match="第 1 行"):
        list(read_rows(io.BytesIO("<table><tr><td>内容".encode() + b"\xff\xfe" + "好".encode())))


class CountedReads(io.BytesIO):
    """Counts how often it is read."""

    reads = 0

    def read(self, size=-1, /):
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize("said", ["a", "In", "\\\\", "\\ud83d\\ude00", '\\"'])
def test_a_long_text_is_read_block_by_block(said):
    stream = CountedReads(f'[{{"text": "{said * (3_000_000 // len(said))}"}}]'.encode())
    guard = GuardedJson(stream)
    while guard.read(100_000):
        pass
    assert stream.reads < 31 * 15  # a few bytes more where a block may end within a token


@pytest.mark.parametrize(("said", "limit"), [("好", 16), ('\\"', 2), ("\\\\", 2)])
def test_an_endless_text_is_refused(said, limit, monkeypatch):
    if limit < 16:  # the shipped limit is tried with one of them
        monkeypatch.setattr("feedback_nlp.tabular.json_guard._MAX_STRING_BYTES", limit * 1024**2)
    data = f'[{{"text": "{said * ((limit + 3) * 1024**2 // len(said.encode()))}"}}]'.encode()
    with pytest.raises(FileUnreadable, match=f"超过 {limit} MB"):
        read(data, format="json")


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\uDBFF\\n", "\\ude00\\ud83d"])
def test_half_a_character_is_told(half):
    """Of an emoji that was cut off the parser would make a question mark."""
    data = f'[{{"text": "闪退{half}了"}}, {{"text": "笑\\ud83d\\ude00 C:\\\\ud83d"}}]'.encode()
    first, second = read(data, format="json")
    assert "\0" in first.values["text"]
    assert second.values["text"] == "笑😀 C:\\ud83d"


def test_escapes_that_a_block_cuts_are_whole():
    data = json.dumps([{"text": "a" * n + "😀\\ud83d"} for n in range(40)] * 3).encode()
    for size in range(1, 60):
        guard = GuardedJson(io.BytesIO(data))
        assert b"".join(iter(partial(guard.read, size), b"")) == data


@pytest.mark.parametrize(
    "mark", ["<", "<a", "</", "<!", "<!--", "<?", "<td ", "&#", "<a b='", "<div>"]
)
def test_a_page_of_broken_marks_is_read_in_one_go(mark):
    """With a parser that looks back, a fraction of this takes many minutes."""
    table = "<table><tr><td>内容</td></tr><tr><td>好用</td></tr></table>\n"
    rows = read((table + (mark * 10_000 + "\n") * 100).encode())
    assert [row.values["内容"] for row in rows] == ["好用"]


def test_cells_without_a_row_are_one_row():
    (row,) = read(b"<table><tr><td>text<tr><td>ok</table>")
    assert row.values == {"text": "ok"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read_and_said(encoding):
    sheet = "评价内容,评分\r\n更新之后一直闪退，客服也不回,2\r\n".encode(encoding)
    with open_table(io.BytesIO(sheet)) as table:
        assert any("UTF-16" in note for note in table.notes)
        assert [row.values["评分"] for row in table.rows] == ["2"]
    document = json.dumps([{"content": "更新之后一直闪退"}], ensure_ascii=False).encode(encoding)
    assert [row.values["content"] for row in read(document)] == ["更新之后一直闪退"]


def test_an_archive_of_other_files_is_said_to_be_one(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"\x89PNG")
    with pytest.raises(FileUnreadable, match="压缩包"), open_table(path):
        pass


def test_a_workbook_as_xml_is_bounded(monkeypatch):
    monkeypatch.setattr("feedback_nlp.tabular.spreadsheet_xml._MOST_BYTES", 20_000)
    rows = "<Row><Cell><Data>好</Data></Cell></Row>" * 1_000
    data = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
        f"<Worksheet><Table><Row><Cell><Data>text</Data></Cell></Row>{rows}</Table></Worksheet></Workbook>"
    )
    with pytest.raises(FileUnreadable, match="超过"):
        read(data.encode())


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
OLD_WORD = b"\xd0\xcf\x11\xe0" + bytes(500) + "WordDocument".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "head", "word"),
    [
        ("截图.csv", PICTURE, "图片"),
        ("照片.xlsx", b"\xff\xd8\xff\xe0\x00\x10JFIF", "图片"),
        ("手机拍的.csv", b"\x00\x00\x00\x18ftypheic", "图片"),
        ("问卷.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", " PDF"),
        ("录音.txt", b"RIFF\x24\x00\x00\x00WAVEfmt ", "录音"),
        ("录屏.csv", b"\x00\x00\x00\x20ftypisom", "视频"),
        ("导出.csv", b"Rar!\x1a\x07\x01\x00", "压缩包"),
        ("库.csv", b"SQLite format 3\x00", "数据库文件"),
        ("安装.csv", b"MZ\x90\x00\x03", "程序"),
        ("意见.xls", OLD_WORD, " Word 文档"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(tmp_path, name, head, word):
    path = tmp_path / name
    path.write_bytes(head + bytes(range(256)) * 8)
    with pytest.raises(FileUnreadable, match=f"{name} 其实是{word}") as raised, open_table(path):
        pass
    assert raised.value.hint  # what to do with it


def test_a_word_file_is_no_broken_workbook(tmp_path):
    path = tmp_path / "意见汇总.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(FileUnreadable, match="Word 文档"), open_table(path):
        pass


def test_commas_in_a_file_named_tsv_part_its_columns(tmp_path):
    path = tmp_path / "评价.tsv"
    path.write_text("买家,评价\n林晓,盖子拧不开\n", encoding="utf-8")
    with open_table(path) as table:
        assert table.columns == ("买家", "评价")
    path.write_text("买家\t评价,含追评\n林晓\t盖子,还有壶嘴\n", encoding="utf-8")
    with open_table(path) as table:
        assert table.columns == ("买家", "评价,含追评")
    path.write_text("买家,评价\n林晓,盖子拧不开\n", encoding="utf-8")
    with open_table(path, format="tsv") as table:  # the user's word stands
        assert table.columns == ("买家,评价",)
