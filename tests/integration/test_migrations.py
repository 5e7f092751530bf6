import logging
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlmodel import SQLModel

from moderator.errors import StorageError
from moderator.storage import columns, schema, tables
from moderator.storage.engine import HEAD_REVISION, Database, normalize_url

NEXT = f"{int(HEAD_REVISION) + 1:04}"
NEXT_REVISION = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD_REVISION}"


def upgrade():
    op.add_column("article", sa.Column("mood", sa.Text()))
    {{more}}
"""


def set_revision(url, revision):
    with Database.open(url) as database, database.write() as conn:
        conn.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '{revision}'"))


@pytest.fixture
def own_url(request, tmp_path):
    """A database that may be bent out of shape."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    return request.getfixturevalue("postgres_databases").migrated()


on_both = pytest.mark.parametrize("own_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def next_version(monkeypatch, tmp_path):
    """This program one version later, whose migration adds a column."""

    def install(more="pass"):
        folder = tmp_path / "scripts"
        shutil.copytree(schema.MIGRATIONS, folder)
        (folder / "versions" / f"{NEXT}_mood.py").write_text(NEXT_REVISION.format(more=more))
        monkeypatch.setattr(schema, "MIGRATIONS", folder)
        monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, NEXT))
        monkeypatch.setattr(schema, "HEAD_REVISION", NEXT)

    return install


def article_columns(database):
    with database.read() as conn:
        return {column["name"] for column in inspect(conn).get_columns("article")}


def test_the_constants_follow_the_scripts():
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == schema.REVISIONS
    assert scripts.get_current_head() == HEAD_REVISION


def test_the_names_for_statements_are_the_tables_names():
    known = SQLModel.metadata.tables
    for named in columns.ALL:
        assert list(named.columns.keys()) == [column.name for column in known[named.name].columns]
        for column in named.columns:
            kind = type(known[named.name].columns[column.name].type).__name__
            assert (kind in {"JSON", "Boolean", "LargeBinary"}) == (type(column.type).__name__ == kind)


def described(url):
    """Everything a schema is, in words of its own database."""
    engine = create_engine(normalize_url(url))
    with engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            # A column that was added later stands at the end of its table's text, so the columns are compared.
            found = conn.execute(
                text(
                    "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'index' OR sql LIKE"
                    " 'CREATE VIRTUAL%') UNION ALL SELECT m.name, c.name, c.cid || c.type || c.\"notnull\" ||"
                    " coalesce(c.dflt_value, '') || c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                    " WHERE m.type = 'table'"
                    ' UNION ALL SELECT m.name, f."from", f."table" || f."to" || f.on_delete'
                    " FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
                )
            )
        else:
            found = conn.execute(
                text(
                    "SELECT table_name, column_name, concat_ws(' ', ordinal_position, data_type, is_nullable,"
                    " column_default) FROM information_schema.columns WHERE table_schema = 'public'"
                    " UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                    " UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
                )
            )
        rows = {(row[0], row[1], re.sub(r"[\s\"]+", " ", row[2])) for row in found}
    engine.dispose()
    return {row for row in rows if schema.VERSION_TABLE not in f"{row[0]} {row[1]}"}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_migrations_make_what_the_tables_say(request, tmp_path, dialect):
    if dialect == "sqlite":
        migrated, made = request.getfixturevalue("sqlite_url"), f"sqlite:///{tmp_path}/made.sqlite3"
    else:
        databases = request.getfixturevalue("postgres_databases")
        migrated, made = databases.migrated(), databases.empty()
    engine = create_engine(normalize_url(made))
    assert tables.CommentRow.metadata is SQLModel.metadata
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert described(migrated) == described(made)


@on_both
def test_a_newer_database_is_refused_and_left_alone(own_url):
    set_revision(own_url, "9999")
    for given in ({}, {"upgrade_server": True}):
        with pytest.raises(StorageError, match="newer version of moderator") as caught:
            Database.open(own_url, **given)
        assert caught.value.code == "storage.newer"
        assert HEAD_REVISION in caught.value.hint


def test_an_old_file_is_copied_then_migrated(sqlite_url, next_version):
    with Database.open(sqlite_url) as database, database.write() as conn:
        conn.execute(text("INSERT INTO article VALUES (1, 's', 'u', 'kept', '', 0)"))
    next_version()
    with pytest.raises(StorageError) as caught:
        Database.open(sqlite_url, migrate=False)
    assert caught.value.code == "storage.old"
    with Database.open(sqlite_url) as database:
        assert "mood" in article_columns(database)
        assert (database.migration.before, database.migration.after) == (HEAD_REVISION, NEXT)
        backup = database.migration.backup
    assert re.fullmatch(rf"moderator\.sqlite3\.backup-{HEAD_REVISION}-\d{{8}}-\d{{6}}", backup.name)
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT title FROM article").fetchall() == [("kept",)]
        assert copy.execute(f"SELECT version_num FROM {schema.VERSION_TABLE}").fetchall() == [(HEAD_REVISION,)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with Database.open(sqlite_url) as database:
        assert database.migration is None


def test_an_old_server_is_migrated_only_when_told(postgres_databases, next_version):
    url = postgres_databases.migrated()
    next_version()
    with pytest.raises(StorageError, match=f"older schema {HEAD_REVISION}") as caught:
        Database.open(url)
    assert "db upgrade" in caught.value.hint
    with Database.open(url, upgrade_server=True) as database:
        assert "mood" in article_columns(database)
        assert database.migration.backup is None


@on_both
def test_a_failed_migration_leaves_the_database_as_it_was(own_url, next_version, monkeypatch):
    next_version("raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        Database.open(own_url, upgrade_server=True)
    monkeypatch.undo()
    with Database.open(own_url, migrate=False) as database:
        assert "mood" not in article_columns(database)


def test_migrating_touches_neither_logging_nor_the_folder_one_is_in(monkeypatch, tmp_path):
    for name in ("alembic.ini", "pyproject.toml"):
        (tmp_path / name).write_text("[alembic]\nscript_location = /nowhere\n[loggers\n")
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("moderator").disabled)
    Database.open(f"sqlite:///{tmp_path}/per%20cent.sqlite3").close()
    assert (root.level, list(root.handlers), logging.getLogger("moderator").disabled) == before


def test_a_path_may_hold_any_letters(tmp_path):
    folder = tmp_path / "Мій стіл #1 100% ?"
    folder.mkdir()
    from sqlalchemy.engine import URL

    url = URL.create("sqlite", database=str(folder / "desk.sqlite3")).render_as_string()
    with Database.open(url) as database:
        assert database.path.parent == folder
        assert database.path.exists()
