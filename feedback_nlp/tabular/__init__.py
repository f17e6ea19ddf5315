"""Tables in and out: CSV, TSV, XLSX/XLS, JSON, JSON lines, Parquet and plain lines.

Everything streams: memory does not grow with the file (Excel workbooks excepted, which
are bounded instead). Every row of a file comes out exactly once, as a :class:`Row` or as
a :class:`~feedback_nlp.records.Rejection` that says why it cannot be used.
"""

from feedback_nlp.tabular.cells import ColumnType, json_line
from feedback_nlp.tabular.formats import FORMATS, STDIN, format_of_name, spooled
from feedback_nlp.tabular.headers import FIND_HEADER, HeaderChoice
from feedback_nlp.tabular.rows import DEFAULT_LIMITS, Limits, Row
from feedback_nlp.tabular.table import Table, open_table, read_rows
from feedback_nlp.tabular.writers import output_format, write_json_lines, write_rows

__all__ = [
    "DEFAULT_LIMITS",
    "FIND_HEADER",
    "FORMATS",
    "STDIN",
    "ColumnType",
    "HeaderChoice",
    "Limits",
    "Row",
    "Table",
    "format_of_name",
    "json_line",
    "open_table",
    "output_format",
    "read_rows",
    "spooled",
    "write_json_lines",
    "write_rows",
]
