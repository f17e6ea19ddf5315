import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.errors import FileUnreadable, InputError
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import Limits, Row, open_table, read_rows


def read(data: bytes, **options):
    return list(read_rows(io.BytesIO(data), **options))


def texts(rows):
    return [row.values["text"] for row in rows if isinstance(row, Row)]


def reasons(rows):
    return [(row.line, row.reason) for row in rows if isinstance(row, Rejection)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le-bom", "utf-16-be-bom"]
)
def test_decodes_by_the_ladder(encoding):
    content = "id,text\n1,一直闪退，退款也没人理\n2,𠮷野家也能点了\n"
    if encoding.endswith("-bom"):
        codec = encoding.removesuffix("-bom")
        data = ("\ufeff" + content).encode(codec)
    else:
        data = content.encode(encoding)
    assert texts(read(data)) == ["一直闪退，退款也没人理", "𠮷野家也能点了"]


def test_gb18030_is_recognised_after_a_long_ascii_start():
    rows = "id,text\n" + ("1," + "ok " * 3_000 + "\n") * 200 + "2,登录不上\n"
    assert texts(read(rows.encode("gb18030")))[-1] == "登录不上"


def test_undecodable_bytes_reject_the_row_only():
    data = "id,text\n1,好用\n2,坏".encode() + b"\xff\xfe" + "行\n3,还行\n".encode()
    rows = read(data)
    assert texts(rows) == ["好用", "还行"]
    assert reasons(rows) == [(3, "bad-encoding")]


def test_a_file_of_0xff_is_refused():
    with pytest.raises(FileUnreadable, match="表头"):
        read(b"\xff" * 4_000)


def test_unclosed_quote_loses_its_line_only():
    lines = ["id,text"] + [f"{n},第{n}条" for n in range(1, 2_000)]
    lines[10] = '10,"没有关上的引号'
    rows = read("\n".join(lines).encode())
    assert reasons(rows) == [(11, "unclosed-quote")]
    assert len(texts(rows)) == 1_998


def test_shifted_quote_closed_by_a_later_row_swallows_nothing():
    data = 'id,text,star\n1,"坏引号,1\n2,中间的,2\n3,"正常引号",3\n4,结尾,4\n'.encode()
    rows = read(data)
    assert texts(rows) == ["中间的", "正常引号", "结尾"]
    assert reasons(rows) == [(2, "unclosed-quote")]


def test_quoted_line_breaks_and_doubled_quotes_are_kept():
    data = 'id,text\r\n1,"第一行\r\n第二行，他说""好"""\r\n2,完\r\n'.encode()
    rows = read(data)
    assert texts(rows) == ['第一行\r\n第二行，他说"好"', "完"]
    assert [row.line for row in rows] == [2, 4]


def test_quotes_inside_an_unquoted_cell_are_text():
    assert texts(read('id,text\n1,屏幕5" 大\n'.encode())) == ['屏幕5" 大']


@pytest.mark.parametrize(("line", "surplus"), [("1,a,b,c", ("b", "c")), ("1,a,,", ("", ""))])
def test_cells_beyond_the_header_stay_with_their_row(line, surplus):
    (row,) = read(f"id,text\n{line}\n".encode())
    assert isinstance(row, Row)
    assert (row.values, row.surplus) == ({"id": "1", "text": "a"}, surplus)


def test_missing_trailing_cells_are_blank():
    (row,) = read("id,text,star\n1,好\n".encode())
    assert row.values == {"id": "1", "text": "好", "star": ""}


def test_repeated_and_blank_headers_hide_nothing():
    (row,) = read("昵称,昵称,,text\n甲,乙,,好\n".encode())
    assert row.values == {"昵称": "甲", "昵称__2": "乙", "text": "好"}


def test_two_million_columns_are_refused():
    with pytest.raises(FileUnreadable, match="2,000,001 列"):
        read(b"a" + b"," * 2_000_000 + b"\n1\n")


def test_long_cell_is_rejected_with_its_line():
    data = "id,text\n1,好\n2,".encode() + "差".encode() * 1_700_000 + "\n3,行\n".encode()
    rows = read(data)
    assert texts(rows) == ["好", "行"]
    assert reasons(rows) == [(3, "cell-too-long")]
    assert len(rows[1].raw) <= 2_000


def test_line_beyond_the_record_limit_is_skipped_and_counted():
    limits = Limits(max_record_bytes=100_000)
    data = "id,text\n1,好\n2,".encode() + b"x" * 3_000_000 + "\n3,行\n4,末\n".encode()
    rows = read(data, limits=limits)
    assert texts(rows) == ["好", "行", "末"]
    assert reasons(rows) == [(3, "row-too-long")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiter_is_told_from_the_header(delimiter):
    data = f"id{delimiter}text\n1{delimiter}好，用\n".encode()
    assert texts(read(data)) == ["好，用"]


def test_old_mac_line_ends():
    assert texts(read("id,text\r1,甲\r2,乙\r".encode())) == ["甲", "乙"]


def test_truncated_gzip_ends_in_a_rejection(tmp_path):
    lines = "id,text\n" + "".join(f"{n},第{n * 7919 % 10007}条\n" for n in range(40_000))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-20_000])
    rows = list(read_rows(path))
    assert len(rows) > 1_000
    assert rows[-1].reason == "file-damaged"
    assert all(isinstance(row, Row) for row in rows[:-1])


def test_header_only_has_columns_and_no_rows():
    with open_table(io.BytesIO(b"id,text\n")) as table:
        assert table.columns == ("id", "text")
        assert list(table.rows) == []


@pytest.mark.parametrize("make", ["missing", "directory", "empty", "empty-gzip", "html"])
def test_unusable_files_say_so(tmp_path, make):
    path = tmp_path / "x.csv"
    match make:
        case "directory":
            path = tmp_path
        case "empty":
            path.touch()
        case "empty-gzip":
            path.write_bytes(gzip.compress(b""))
        case "html":
            path.write_text("<html><table></table></html>")
    with pytest.raises(FileUnreadable):
        list(read_rows(path))


def test_unknown_format_names_the_known_ones():
    with pytest.raises(InputError, match="parquet"):
        read(b"x", format="docx")


def test_nul_inside_a_cell_is_kept_for_the_cleaner():
    assert texts(read("id,text\n1,好\0用\n".encode())) == ["好\0用"]


@given(st.lists(st.tuples(st.text("a好 '，", max_size=4), st.text("a好 '，", max_size=4))))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_without_quotes_are_split_as_a_reader_splits_them(end, cells):
    lines = ["id,text", "1,好用", "2,不好用", *map(",".join, cells)]
    told = [tuple(row.values.values()) for row in read((end.join(lines) + end).encode())]
    assert told == [tuple(row) for row in csv.reader(lines[1:])]


def test_a_break_inside_of_a_line_is_left_to_the_reader():
    rows = read("id,text\n1,坏\r了\n2,好用\n".encode())
    assert texts(rows)[-1] == "好用"
    assert len(rows) == 2
