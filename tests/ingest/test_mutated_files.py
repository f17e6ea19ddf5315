"""Files with bytes changed at random: items and rejections, or one clear error; nothing else."""

import gzip
import json
import random
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.cli.hints import HINTS
from feedback_nlp.errors import InputError
from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem, Rejection

ROUNDS = 120
LINES = [f'{n},"第{n}次闪退，请修复",{n % 5 + 1},2026-03-0{n % 9 + 1}' for n in range(30)]
TABLE = "\n".join(["id,text,star,time", *LINES]).encode()
RECORDS = [{"id": n, "content": f"第{n}条", "user": {"name": "甲"}} for n in range(20)]
JSON_LINES = "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS).encode()
FILES = {
    "a.csv": TABLE,
    "b.csv": TABLE.decode().encode("gb18030"),
    "c.csv": TABLE.decode().encode("utf-16"),
    "d.csv.gz": gzip.compress(TABLE, mtime=0),
    "e.jsonl": JSON_LINES,
    "f.json": json.dumps({"data": RECORDS}).encode(),
}
INSERTED = (
    b'"',
    b'""',
    b"\r",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\\ud800",
    b"[[[[",
    b"{",
    b"1e999",
    b",",
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(mutant) + 1)
        match chance.randrange(4):
            case 0:
                mutant[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                mutant[at:at] = chance.choice(INSERTED)
            case 2:
                del mutant[at : at + chance.randrange(1, 30)]
            case _:
                mutant[at:at] = mutant[at : at + chance.randrange(1, 200)]
    return bytes(mutant)


@pytest.mark.parametrize("name", FILES)
def test_mutants_are_read_or_refused(name, tmp_path):
    chance = random.Random(name)
    outcomes: set[type] = set()
    messages: list[str] = []
    for _ in range(ROUNDS):
        path = tmp_path / name
        path.write_bytes(mutated(FILES[name], chance))
        try:
            with open_source(path, zone=ZoneInfo("Asia/Shanghai")) as reading:
                for item in reading.items:
                    assert isinstance(item, RawItem | Rejection)
                    outcomes.add(type(item))
        except InputError as error:
            messages.append(error.told(HINTS))
            outcomes.add(InputError)
    assert not any("\n" in message or message.encode() == b"" for message in messages)
    assert RawItem in outcomes or name.endswith(".gz")
    assert outcomes & {Rejection, InputError}
