"""Real databases for tests: files copied from one migrated template, and a throwaway PostgreSQL server.

The server is the one that `MODERATOR_TEST_POSTGRES` names, else a cluster of our own, made from the machine's binaries
when the first test asks and removed at the end.
"""

import contextlib
import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from moderator.storage.copying import copy_sqlite
from moderator.storage.engine import Database
from moderator.storage.schema import VERSION_TABLE

_ROOM = 1_000_000_000
_FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60", "listen_addresses=")
# What the planner knows of a table must not depend on how long the tests have been running.
_STEADY = ("autovacuum=off",)


class NoServerError(Exception):
    """No PostgreSQL can be started here; the text says why."""


def _binary(name: str) -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    found = shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    if found is None:
        raise NoServerError(f"no PostgreSQL here: '{name}' is neither in PATH nor under /usr/lib/postgresql")
    return found


def _server_user() -> dict:
    """PostgreSQL refuses to run as root: then it runs as 'postgres'."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise NoServerError("PostgreSQL won't run as root, and there is no user 'postgres'") from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """So that a killed test run leaves no server behind (Linux; elsewhere the call is missing)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class PostgresCluster:
    """A server on a unix socket in a folder of its own, with fsync off."""

    def __init__(self) -> None:
        initdb, postgres = _binary("initdb"), _binary("postgres")
        as_user = _server_user()
        # Short on purpose: a unix socket's path has room for about 100 bytes.
        # In memory where the machine has a place for that: nothing here is worth a disk's time.
        memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
        place = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM else Path("/tmp")  # noqa: S108
        self.folder = Path(tempfile.mkdtemp(prefix="modpg", dir=place))
        if as_user:
            os.chown(self.folder, as_user["user"], as_user["group"])
        data = self.folder / "data"
        made = subprocess.run(
            [initdb, "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **as_user,
        )
        if made.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise NoServerError(f"initdb failed: {made.stderr.strip().splitlines()[-1:]}")
        options = [part for setting in (*_FAST, *_STEADY) for part in ("-c", setting)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [postgres, "-D", str(data), "-k", str(self.folder), *options],
                cwd="/",
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing but the one system call happens in it
                **as_user,
            )
        self.url = f"postgresql://tests@/postgres?host={self.folder}"
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    said = (self.folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
                    self.stop()
                    raise NoServerError(f"PostgreSQL did not start: {said}") from None
                time.sleep(0.03)
            else:
                return

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresDatabases:
    """Migrated databases on one server, copied from a template that is migrated once."""

    def __init__(self) -> None:
        given = os.environ.get("MODERATOR_TEST_POSTGRES")
        self._cluster = None if given else PostgresCluster()
        self._url = given or self._cluster.url
        self._prefix = f"moderator_test_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._template = self._create()
        Database.open(self.url_of(self._template)).close()
        self._shared = self._create(self._template)

    def url_of(self, name: str) -> str:
        return psycopg_url(self._url, name)

    def empty(self) -> str:
        """URL of a new database with nothing in it."""
        return self.url_of(self._create())

    def migrated(self) -> str:
        """URL of a new database with the current schema, for a test that changes the schema itself."""
        return self.url_of(self._create(self._template))

    def emptied(self) -> str:
        """URL of the one database that tests share, its rows removed: quicker than making a new one."""
        url = self.url_of(self._shared)
        with psycopg.connect(url) as conn:
            # Past the triggers that refuse it. Who still has a transaction open here fails instead of waiting.
            conn.execute("SET session_replication_role = replica; SET lock_timeout = '5s'")
            found = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            tables = [sql.Identifier(name) for (name,) in found if name != VERSION_TABLE]
            conn.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(tables)))
            conn.execute("INSERT INTO chain_head (id, seq, row_hash) VALUES (1, 0, repeat('0', 64))")
        return url

    def _create(self, template: str | None = None) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with psycopg.connect(self._url, autocommit=True) as conn:
            conn.execute(command)
        self._made.append(name)
        return name

    def stop(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()
            return
        with psycopg.connect(self._url, autocommit=True) as conn:
            for name in self._made:
                conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def psycopg_url(url: str, database: str) -> str:
    """The same server, another database."""
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=database).render_as_string(hide_password=False)


class SqliteDatabases:
    """Fresh, migrated files: copies of one that is migrated once."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite3"
        Database.open(f"sqlite:///{self._template}").close()

    def migrated(self, folder: Path) -> str:
        """URL of a new file in `folder` with the current schema."""
        path = folder / "moderator.sqlite3"
        copy_sqlite(self._template, path)
        return f"sqlite:///{path}"
