"""Writing a file so that whoever reads it, after a crash too, finds the old text or the new one, never half of it."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: str | os.PathLike, text: str, *, durable: bool = True) -> None:
    """Put `text` where `path` is. Raises OSError, e.g. on a full disk; what was there before is then still there.

    durable: it must outlast a power failure. Without that, half of it may be found then.
    """
    target = Path(path)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with scratch.open("w", newline="", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())  # else, after a power failure, the new name may lead to nothing
        scratch.replace(target)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
