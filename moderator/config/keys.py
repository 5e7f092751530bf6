"""Secrets: where they may come from, and the key that turns authors into references.

A secret comes from the environment or from a file that another setting names. A plain one in a file or on the command
line is refused: files are copied and committed, and any user of the machine sees command lines.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from moderator.config.diagnosis import SECRET_KEYS
from moderator.config.layers import DATABASE_NAME, PREFIX, Layer, LayerKind, leaves
from moderator.errors import ConfigError

KEY_BYTES = 32


def refuse_plain_secrets(layers: Sequence[Layer]) -> None:
    """Refuses secrets that stand in a file or on the command line.

    Raises:
        ConfigError: Names the place and the two ways that are open.
    """
    for layer in layers:
        if layer.kind not in {LayerKind.FILE, LayerKind.FLAG}:
            continue
        for path, _ in leaves(layer.values):
            name = path[-1] if path else ""
            if name not in SECRET_KEYS or (len(path) > 1 and path[0] != "sources"):
                continue
            key = ".".join(path)
            raise ConfigError(
                f"{layer.where(path)}: {key} is a secret and stands here as a plain value",
                code="config.plain_secret",
                hint=f"Set {PREFIX}{'__'.join(path).upper()} in the environment, or name a file with {name}_file.",
            )
        url = layer.values.get("database")
        if isinstance(url, str) and _password(url):
            raise ConfigError(
                f"{layer.where(('database',))}: the database's address holds a password",
                code="config.plain_secret",
                hint=f"Take it out and set {PREFIX}DATABASE_PASSWORD, or name a file with database_password_file.",
            )


def _password(url: str) -> str | None:
    with contextlib.suppress(ValueError):
        return urlsplit(url).password
    return None


def read_secret(file: Path, key: str) -> str:
    """A secret's file, without the line end that editors add.

    Raises:
        ConfigError: Not there, unreadable, or empty.
    """
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise ConfigError(f"{file}: {reason}", code="config.secret_file", hint=f"Check {key}.") from error
    if not secret:
        raise ConfigError(f"{file}: empty", code="config.secret_file", hint=f"Write the secret into it: see {key}.")
    return secret


def database_address(address: str, data_dir: Path, password: str | None) -> str:
    """The address of the database, whole.

    Args:
        address: As configured: empty, an absolute path, `sqlite:///...` or `postgresql://...`.
        data_dir: Where the usual database lives.
        password: Put into a server's address that has none.

    Raises:
        ConfigError: It isn't an address.
    """
    if not address:
        return f"sqlite:///{data_dir / DATABASE_NAME}"
    if "://" not in address:
        return f"sqlite:///{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        # The text may hold a password, so it isn't quoted.
        hint = "Use a path, or postgresql://user@host/name."
        raise ConfigError("the database's address can't be read", code="config.database", hint=hint) from None
    if password and parts.scheme != "sqlite" and not parts.password:
        user, _, host = parts.netloc.rpartition("@")
        parts = parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}")
    return urlunsplit(parts) if parts.scheme != "sqlite" else address


def masked(address: str) -> str:
    """An address without its password, for screens and logs."""
    secret = _password(address)
    return address.replace(f":{secret}@", ":***@") if secret else address


def author_key(given: str | None, file: Path, *, create: bool) -> bytes:
    """The 32 bytes under which authors become references that mean nothing without it.

    Args:
        given: The key as 64 hexadecimal digits, from the environment.
        file: Where it's kept otherwise.
        create: Make one, readable by its owner only, where the file isn't there.

    Raises:
        ConfigError: The key isn't 64 hexadecimal digits, or the file can't be read or written.
    """
    if given is None and create and not file.exists():
        _create_key(file)
    text = given if given is not None else read_secret(file, "author_key_file")
    with contextlib.suppress(ValueError):
        key = bytes.fromhex(text)
        if len(key) == KEY_BYTES:
            return key
    place = f"{PREFIX}AUTHOR_KEY" if given is not None else str(file)
    hint = "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
    raise ConfigError(f"{place}: not a key of 64 hexadecimal digits", code="config.author_key", hint=hint)


def _create_key(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(KEY_BYTES) + "\n")
                out.flush()
                os.fsync(out.fileno())
            # A link never replaces: of two processes that start at once, both then use the first one's key.
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink()
    except OSError as error:
        hint = "Check that the data directory can be written, or set MODERATOR_AUTHOR_KEY."
        raise ConfigError(f"{file}: {error.strerror}", code="config.author_key", hint=hint) from error
