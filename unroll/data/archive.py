"""Unpacking wanted files from a zip that came over plain http and is trusted in nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from tqdm import tqdm

from unroll.data.place import DataError

LARGEST = 4 << 30  # bytes; the largest file of coco_captioning has 1.4e9
CHUNK = 1 << 20
_UNPACKING = ".unpacking"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BadArchive(DataError):
    """An archive that is damaged, unsafe or not the one expected: another copy is needed."""


def unpack(archive: Path, folder: Path, names: Iterable[str], progress: bool = True) -> dict[str, int]:
    """Unpack the files called `names`, wherever they lie in the archive, into `folder`; return their sizes in bytes.

    Nothing is put in place before the CRC of every wanted file was found right.
    Raises BadArchive if the archive is no good, DataError if the disk has not enough room.
    """
    for left in folder.glob(f".*{_UNPACKING}"):  # of a process that was killed
        left.unlink()
    with _damage_named(archive):
        file = zipfile.ZipFile(archive)
    with file:
        members = _wanted(file, archive, set(names))
        needed = sum(member.file_size for member in members.values())
        check_space(folder, needed, f"unpack {len(members)} files from {archive} (which is kept)")
        unpacking = {name: folder / f".{name}{_UNPACKING}" for name in members}
        try:
            with tqdm(total=needed, desc="unpacking", unit="B", unit_scale=True, disable=not progress) as bar:
                for name, member in members.items():
                    _write(file, archive, member, unpacking[name], bar)
            for name, path in unpacking.items():
                os.replace(path, folder / name)
        finally:
            for path in unpacking.values():
                path.unlink(missing_ok=True)
    return {name: member.file_size for name, member in members.items()}


def check_space(folder: Path, needed: int, purpose: str) -> None:
    """Raise DataError if fewer than `needed` bytes are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{folder}: {needed:,} bytes are needed to {purpose}, but only {free:,} are free. "
            "Free some space, or put the data on another disk with UNROLL_DATA, and run the same command again."
        )


def _wanted(file: zipfile.ZipFile, archive: Path, names: set[str]) -> dict[str, zipfile.ZipInfo]:
    """The members to unpack, by the name of the file. Every member is judged, wanted or not."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in file.infolist():
        path = PurePosixPath(member.filename)
        wanted = path.name in names and not member.is_dir() and "__MACOSX" not in path.parts
        problem = _unsafe(member)
        if wanted and problem is None:
            problem = "occurs twice" if path.name in found else _unfit(member)
        if problem is not None:
            raise BadArchive(f"{archive}: the member {member.orig_filename!r} {problem}. Nothing was unpacked")
        if wanted:
            found[path.name] = member
    if missing := sorted(names - found.keys()):
        raise BadArchive(f"{archive}: expected {', '.join(missing)} in the archive, found none. Nothing was unpacked")
    return found


def _unsafe(member: zipfile.ZipInfo) -> str | None:
    """What is wrong with a member's name or kind, or None."""
    name = member.orig_filename  # as stored: zipfile cuts .filename at a zero byte
    path = PureWindowsPath(name)  # sees drives and both kinds of slash
    if path.anchor:
        return "has an absolute path"
    if ".." in path.parts:
        return "has a path that leaves its folder"
    if "\\" in name or "\0" in name:
        return "has a backslash or a zero byte in its name"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    return None


def _unfit(member: zipfile.ZipInfo) -> str | None:
    """Why a wanted member cannot be unpacked, or None."""
    if member.file_size > LARGEST:
        return f"claims {member.file_size:,} bytes: expected at most {LARGEST:,}"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return f"is packed by method {member.compress_type}: expected stored (0) or deflated (8)"
    return None


def _write(file: zipfile.ZipFile, archive: Path, member: zipfile.ZipInfo, path: Path, bar: tqdm) -> None:
    """Write one member to `path`. Reading it to the end is what makes zipfile compare the CRC."""
    with _damage_named(archive, member), file.open(member) as source, open(path, "wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            bar.update(len(chunk))
        if (size := target.tell()) != member.file_size:
            raise zipfile.BadZipFile(f"expected {member.file_size:,} bytes, found {size:,}")


@contextlib.contextmanager
def _damage_named(archive: Path, member: zipfile.ZipInfo | None = None) -> Iterator[None]:
    """Turn what zipfile raises for a damaged archive into BadArchive. Errors of the disk pass."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # which an offset of nonsense gives
            raise
        where = f" at {member.filename!r}" if member else ""
        found = f"{archive} ({archive.stat().st_size:,} bytes) is not a whole zip archive{where}"
        raise BadArchive(f"{found}: {str(error) or 'it ends early'}. Nothing was unpacked") from error
