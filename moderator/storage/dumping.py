"""Backups of a PostgreSQL database by the server's own programs: one file, of one moment, while others write."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from moderator.errors import StorageError
from moderator.storage.engine import normalize_url
from moderator.storage.failures import as_storage_error
from moderator.storage.new_files import new_file
from moderator.text.visible import visible_line

_MOST_SAID = 300


def dump(address: str, target: Path) -> None:
    """Writes a database to a file, for its owner alone, as `pg_dump` does in its own packed format.

    Raises:
        StorageError: `target` exists or can't be written, `pg_dump` isn't there, or it failed.
    """
    url = normalize_url(address)
    with new_file(target) as partial:
        _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={partial}", _dsn(url)])


def load(dumped: Path, address: str) -> None:
    """Writes what `dump` wrote into an empty database, whole or not at all.

    Raises:
        StorageError: The database isn't empty, `pg_restore` isn't there, or it failed.
    """
    url = normalize_url(address)
    try:
        with psycopg.connect(_dsn(url), password=url.password) as conn:
            own = "SELECT 1 FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) LIMIT 1"
            if conn.execute(own).fetchone() is not None:
                raise StorageError(
                    f"{_label(url)}: isn't empty",
                    code="storage.exists",
                    hint="Make an empty database (createdb NAME), restore into that, and name it in the configuration.",
                )
    except psycopg.Error as error:
        raise as_storage_error(_label(url), error) from None
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", url, [*options, f"--dbname={_dsn(url)}", str(dumped)])


@contextmanager
def scratch(address: str) -> Generator[str]:
    """A new, empty database on the same server, gone after the block.

    Yields:
        Its address, with the password: never print it.

    Raises:
        StorageError: The user may not make databases.
    """
    url = normalize_url(address)
    name = f"moderator_verify_{secrets.token_hex(6)}"
    own = sql.Identifier(name)
    try:
        with psycopg.connect(_dsn(url), password=url.password, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(own))
            try:
                yield url.set(database=name).render_as_string(hide_password=False)
            finally:
                conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(own))
    except psycopg.Error as error:
        raise as_storage_error(_label(url), error) from None


def _dsn(url: URL) -> str:
    """The address as the server's programs read it, without the password: any user sees command lines."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _label(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _run(program: str, url: URL, arguments: Sequence[str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise StorageError(
            f"{program} isn't installed here", code="storage.no_client", hint="Install PostgreSQL's client programs."
        )
    environment = dict(os.environ)
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    command = [found, "--no-password", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603  # no shell
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), f"status {done.returncode}")
        words = visible_line(said, _MOST_SAID)
        raise StorageError(f"{_label(url)}: {program} failed: {words}", code="storage.backup")
