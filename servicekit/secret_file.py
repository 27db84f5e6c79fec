"""Secrets that are created once and kept in a file, for processes that start at the same time."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, create: Callable[[], str]) -> str:
    """The secret in the file, which is created with the secret of `create` if there is none.

    Raises OSError.
    """
    if not path.exists():
        _write(path, create())
    return path.read_text(encoding="ascii").strip()


def _write(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        # Linking is atomic: processes that start at the same time all read the same secret.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
