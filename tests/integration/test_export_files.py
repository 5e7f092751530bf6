"""Exports as files: every format holds the same rows, packed or not, with a manifest that is true."""

import csv
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tomllib
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
from cli_runs import InProcess
from pyarrow import parquet

from moderator.services import export as export_service
from moderator.services import export_files as files
from moderator.services import tabular
from moderator.services.export_columns import COMMENT_COLUMNS, COMMENT_TEXT_COLUMNS
from moderator.services.export_resume import Partial
from moderator.services.export_schema import schemas
from moderator.services.tabular import ExportFormat, read_rows
from moderator.storage import export_rows

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
ROWS = [
    {"id": "1", "text": "=cmd() \x1b[31m<script>alert(1)</script>", "author": "+Ann", "section": "world", "lang": "en"},
    {"id": "2", "text": "Дякую, «мосте»", "author": "Guest", "parent_id": "1", "posted_at": "2026-11-01T10:00:00Z"},
    {"id": "3", "text": "'quoted'\nin two lines", "author": "Bo", "likes": 3},
]
FORMS = ["csv", "jsonl", "parquet", "csv.gz", "jsonl.gz", "csv.zst", "html"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    running = InProcess(tmp_path, monkeypatch)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert running("intake", "in.jsonl", "--article", "https://n.example/a").status == 0
    assert running("decide", "1", "reject", "--reason", "hate").status == 0
    yield running
    running.close()


def export(run, name, *options, kind="comments"):
    what = ["status:all", "--with-text"] if kind == "comments" else []
    done = run("export", kind, *what, "--out", name, *options)
    assert done.status == 0, done.err
    return run.path / name


def unpacked(path):
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        return pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
    return content


def rows_of(path):
    if path.name.endswith(".parquet"):
        found = parquet.read_table(path).to_pylist()
        return [
            {k: round(v.timestamp() * 1000) if hasattr(v, "timestamp") else v for k, v in row.items()} for row in found
        ]
    form = ExportFormat.JSONL if "jsonl" in path.name else ExportFormat.CSV
    lines = io.StringIO(unpacked(path).decode(), newline="")
    return list(read_rows(lines, (*COMMENT_COLUMNS, *COMMENT_TEXT_COLUMNS), form))


def test_every_format_holds_the_same_rows(run):
    expected = rows_of(export(run, "a.jsonl"))
    assert [row["comment_text"] for row in sorted(expected, key=lambda row: row["comment_id"])] == [
        row["text"] for row in ROWS
    ]
    for form in FORMS[:-1]:
        assert rows_of(export(run, f"b.{form}")) == expected, form


@pytest.mark.parametrize("form", FORMS)
def test_the_manifest_is_true(run, form):
    path = export(run, f"a.{form}")
    manifest = json.loads(files.manifest_path(path).read_text())
    jsonschema.validate(manifest, schemas()["manifest"])
    content = path.read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["bytes"] == len(content)
    assert manifest["rows"] == 3
    assert manifest["columns"] == [column.name for column in (*COMMENT_COLUMNS, *COMMENT_TEXT_COLUMNS)]
    assert manifest["filter"] == {"line": "status:all"}
    (decision,) = run("export", "decisions", "--format", "jsonl").json
    assert manifest["chain_head"] == {"seq": 1, "row_hash": decision["row_hash"]}
    assert manifest["config_hash"] == decision["config_hash"]


class Killed(BaseException):
    """What a kill is in a test: nothing gets to tidy up."""


@pytest.mark.parametrize("form", ["csv", "jsonl", "csv.gz", "jsonl.zst"])
@pytest.mark.parametrize("kind", ["comments", "decisions"])
def test_what_was_killed_is_gone_on_with_to_the_same_bytes(run, monkeypatch, form, kind):
    monkeypatch.setattr(files, "CHECKPOINT_ROWS", 1)
    monkeypatch.setattr(export_rows, "_PAGE", 1)
    monkeypatch.setattr(tabular, "BATCH_ROWS", 1)
    monkeypatch.setattr(export_service, "BATCH_ROWS", 1)
    for number, action in ((2, "approve"), (3, "defer")):
        assert run("decide", number, action).status == 0
    whole = export(run, f"whole.{form}", "--with-text", kind=kind).read_bytes()
    checkpoint, path = Partial.checkpoint, run.path / f"cut.{form}"

    def kill(partial, place, rows, state):
        checkpoint(partial, place, rows, state)
        if rows == 2:
            partial.out.write(b"half a row")
            raise Killed

    goal = {"comments": ["status:all"], "decisions": []}[kind]
    with monkeypatch.context() as patch:
        patch.setattr(Partial, "checkpoint", kill)
        patch.setattr("moderator.cli.call.settle", raise_it)
        with pytest.raises(Killed):
            run("export", kind, *goal, "--with-text", "--out", path)
    assert not path.exists()
    done = run("export", kind, "--out", path, "--resume", "status:deferred" if kind == "comments" else "--with-text")
    if kind == "comments":
        assert done.status == 2
        assert "part of another export" in done.err
        done = run("export", kind, "status:all", "--with-text", "--out", path, "--resume")
    assert "Going on after 2 rows" in done.err
    assert path.read_bytes() == whole
    manifest = json.loads(files.manifest_path(path).read_text())
    assert (manifest["rows"], manifest["sha256"]) == (3, hashlib.sha256(whole).hexdigest())
    assert not list(run.path.glob(".cut*"))


def raise_it(error):
    raise error


def test_going_on_where_nothing_was_interrupted_begins_anew(run):
    path = export(run, "a.csv", "--resume")
    assert path.read_bytes() == export(run, "b.csv").read_bytes()
    assert run("export", "comments", "--resume").status == 2


def test_each_filter_of_decisions_from_outside(run):
    assert run("decide", "2", "approve", "--moderator", "olena").status == 0

    def seqs(*options):
        return [row["seq"] for row in run("export", "decisions", "--format", "jsonl", *options).json]

    assert seqs() == [1, 2]
    assert seqs("--moderator", "olena") == [2]
    assert seqs("--action", "reject") == seqs("--reason", "hate") == [1]
    assert seqs("--source", "nowhere") == seqs("--batch", "none") == seqs("--label", "insult>0.1") == []
    assert seqs("--section", "world") == [1, 2]
    assert seqs("--section", "local") == []
    assert seqs("--since", "1 hour ago") == [1, 2]
    assert seqs("--since", "2030-01-01") == seqs("--until", "2020-01-01T00:00+02:00") == []
    assert run("export", "decisions", "--label", "insult>2").status == 2
    backwards = run("export", "decisions", "--since", "2026-01-02", "--until", "2026-01-01")
    assert (backwards.status, "--until is no later" in backwards.err) == (2, True)
    assert run("export", "decisions", "--time-zone", "Nowhere/There").status == 2


def test_a_day_begins_where_its_zone_says(run):
    (row,) = run("export", "decisions", "--format", "jsonl").json
    decided = datetime.fromisoformat(row["decided_at"])
    east, west = ((decided + timedelta(hours=hours)).replace(tzinfo=None).isoformat() for hours in (14, -11))
    options = ("--format", "jsonl", "--since")
    # Its own time there: earlier by a minute and it's in, later by one and it isn't.
    for zone, local in (("Pacific/Kiritimati", east), ("Pacific/Pago_Pago", west)):
        for minutes, rows in ((-1, 1), (1, 0)):
            at = (datetime.fromisoformat(local) + timedelta(minutes=minutes)).isoformat(timespec="seconds")
            assert len(run("export", "decisions", *options, at, "--time-zone", zone).json) == rows, (zone, at)


def test_a_spreadsheet_runs_nothing_and_gives_the_same_rows_back(run):
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice isn't installed: there is no soffice to convert with")
    path = export(run, "a.csv")
    convert = [program, "--headless", f"-env:UserInstallation=file://{run.path}/profile", "--convert-to"]
    table = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"
    subprocess.run([*convert, "ods", path], cwd=run.path, check=True, capture_output=True, timeout=100)
    subprocess.run([*convert, table, "--outdir", "back", "a.ods"], cwd=run.path, check=True, capture_output=True)
    with zipfile.ZipFile(run.path / "a.ods") as ods:
        assert b"table:formula" not in ods.read("content.xml")
    with path.open(newline="", encoding="utf-8") as ours, (run.path / "back/a.csv").open(newline="") as theirs:
        assert [row["comment_text"] for row in csv.DictReader(ours)] == [
            row["comment_text"] for row in csv.DictReader(theirs)
        ]


def test_the_same_rows_give_the_same_packed_bytes(run):
    assert export(run, "a.csv.gz").read_bytes() == export(run, "b.csv.gz").read_bytes()


def test_published_schemas_are_those_of_this_version():
    for name, schema in schemas().items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert json.loads((SCHEMAS / f"{name}.schema.json").read_text()) == schema, name
    assert len(list(SCHEMAS.iterdir())) == len(schemas())


@pytest.mark.parametrize("kind", ["comments", "decisions"])
def test_rows_keep_their_schema_and_a_broken_one_does_not(run, kind):
    line = json.loads(export(run, "a.jsonl", kind=kind).read_text().splitlines()[0])
    with export(run, "a.csv", kind=kind).open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    for name, value in ((f"{kind}.jsonl", line), (f"{kind}.csv", row)):
        schema = schemas()[name]
        jsonschema.validate(value, schema)
        for wrong in ({"risk": "high"}, {"unknown": 1}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(value | wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(row | {"section": "=1+1"}, schemas()[f"{kind}.csv"])


def test_columns_are_chosen_and_presets_kept(run):
    (run.path / "config.toml").write_text('[export.presets]\npress = ["status", "comment_id"]\n')
    for options in (("--columns", "status, comment_id"), ("--preset", "press")):
        done = run("export", "comments", "status:all", *options)
        assert done.out.splitlines()[0] == "status,comment_id"
        assert len(done.out.splitlines()) == 4
    done = run("export", "comments", "--columns", "statu")
    assert done.status == 2
    assert "Did you mean status?" in done.err
    assert "lists the columns" in run("export", "comments", "--columns", "zzz").err
    assert run("export", "comments", "--columns", ",").status == 2
    assert "comes with --with-text" in run("export", "comments", "--columns", "comment_text").err
    assert "There are: press" in run("export", "comments", "--preset", "other").err
    assert run("export", "comments", "--preset", "press", "--columns", "status").status == 2
    assert "Name a file" in run("export", "comments", "--format", "parquet").err


def test_the_report_is_inert_and_needs_nothing_else(run):
    report = export(run, "a.html").read_text()
    assert "<script" not in report
    assert "\x1b" not in report
    assert "://" not in report.replace("https://n.example/a", "")
    assert "&lt;script&gt;" in report
    assert "3 rows</h2>" in report
    assert '<svg role="img" aria-label="status"' in report


def test_a_file_that_could_not_be_finished_leaves_the_old_one(run):
    path = export(run, "a.parquet")
    before = path.read_bytes()

    def fail():
        with files.exporting(path, files.FileFormat.PARQUET, "x") as unfinished:
            unfinished.out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == before
    assert sorted(each.name for each in run.path.glob("*.parquet*")) == ["a.parquet", "a.parquet.manifest.json"]


def test_without_pyarrow_the_answer_says_what_to_install(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run("export", "comments", "--out", "a.parquet")
    assert done.status == 2
    assert "pip install 'moderator[parquet]'" in done.err
    assert not (run.path / "a.parquet").exists()
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert "parquet" in extras["optional-dependencies"]


def test_a_name_says_the_format():
    names = {
        "a.csv": "csv",
        "a.JSONL": "jsonl",
        "a.jsonl.gz": "jsonl",
        "a.parquet": "parquet",
        "a.htm": "html",
        "a": "csv",
    }
    assert {name: str(files.format_by_name(Path(name))) for name in names} == names
