"""What is handed to others: zips that are always the same bytes, and the packages that they need beside them."""

from __future__ import annotations

import os
import stat
import tomllib
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from autograder.problem_set import ROOT

EPOCH = (1980, 1, 1, 0, 0, 0)  # every file in a zip has this time


def write_zip(
    path: Path, files: Mapping[str, bytes], *, programs: Collection[str] = (), secrets: Collection[str] = ()
) -> Path:
    """Write `files`, path in the zip -> content, and return `path`; whoever reads it finds all of the zip or none.

    programs: those that can be run. secrets: those that only their owner may read, as then the zip itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)  # one that was left behind could have other permissions
    fd = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if secrets else 0o666)
    with os.fdopen(fd, "wb") as file, zipfile.ZipFile(file, "w") as z:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, EPOCH)
            mode = 0o755 if name in programs else 0o600 if name in secrets else 0o644
            info.external_attr = (stat.S_IFREG | mode) << 16
            z.writestr(info, files[name], zipfile.ZIP_DEFLATED)
    os.replace(partial, path)
    return path


def requirements(without: tuple[str, ...], *more: str) -> bytes:
    """A requirements.txt of the kit's own dependencies but for those `without`, and of some more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kept = [dependency for dependency in project["dependencies"] if not dependency.startswith(without)]
    return "".join(f"{line}\n" for line in (*kept, *more)).encode()
