"""Signing checkpoints with an Ed25519 key, so that they may be kept where others could write too.

Source: RFC 8032 (Ed25519), by the `cryptography` package, an extra; keys as PEM files (RFC 8410).
"""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from moderator.domain.decision_log import Checkpoint
from moderator.errors import ConfigError
from moderator.services.audit import Signature, signed_bytes
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PUBLIC_SUFFIX = ".pub"
_KEY_ID_DIGITS = 16
_OTHERS = 0o077
_MISSING = "Install the extra: pip install 'moderator[signing]'."


def make_key(path: Path) -> tuple[Path, str]:
    """Makes a new key pair: the private one at `path`, readable by its owner alone, the public one beside it.

    Args:
        path: Where; nothing may be there yet.

    Returns:
        Where the public key is, and the key's id.

    Raises:
        ConfigError: A file can't be written or exists, or the `signing` extra isn't installed.
    """
    _require()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # an extra
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # an extra

    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    public_path = path.with_name(path.name + PUBLIC_SUFFIX)
    _write_new(path, private_pem, 0o600)
    _write_new(public_path, public_pem, 0o644)
    return public_path, _key_id(public)


def sign(checkpoint: Checkpoint, key: Path) -> Signature:
    """Signs a checkpoint.

    Args:
        checkpoint: What to vouch for.
        key: The private key's file.

    Raises:
        ConfigError: It can't be read, others may read it, it's no such key, or the extra isn't installed.
    """
    private = _private_key(key)
    return Signature(_key_id(private.public_key()), private.sign(signed_bytes(checkpoint)))


def is_signed_by(checkpoint: Checkpoint, signature: Signature, key: Path) -> bool:
    """Whether a signature is of this very checkpoint and by this key.

    Args:
        checkpoint: What it vouches for.
        signature: As read with it.
        key: The public key's file.

    Raises:
        ConfigError: The key can't be read, is no such key, or the extra isn't installed.
    """
    public = _public_key(key)
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # an extra

    try:
        public.verify(signature.value, signed_bytes(checkpoint))
    except InvalidSignature:
        return False
    return True


def _private_key(path: Path) -> Ed25519PrivateKey:
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # an extra
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # an extra

    pem = _read(path)
    if path.stat().st_mode & _OTHERS:
        raise _unusable(path, "others than its owner may read it", "Run: chmod 600 FILE. Think whether they have.")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "not a private Ed25519 key without a password")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # an extra
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415  # an extra

    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(path, "not a public Ed25519 key", "It's the file that ends with .pub.")
    return key


def _require() -> None:
    if find_spec("cryptography") is None:
        raise ConfigError("signing needs the cryptography package", code="audit.signing", hint=_MISSING)


def _key_id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:_KEY_ID_DIGITS]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, error.strerror or "unreadable") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise _unusable(path, error.strerror or "unwritable", "A key is never replaced: name a new file.") from error


def _unusable(path: Path, why: str, hint: str = "`moderator audit key new FILE` makes one.") -> ConfigError:
    return ConfigError(f"{visible_line(str(path))}: {why}", code="audit.key", hint=hint)
