"""Where a course's gradebook is: SQLite in the course's folder, or a PostgreSQL server.

Also how one grader waits for another there, and what it means when it can be neither read nor written.
nbgrader_config.py reads this for every nbgrader command, so it is quick to import.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

VARIABLE = "UNROLL_GRADEBOOK"  # where the gradebook of the course in this repository is
LOCK_SECONDS = 30  # how long to wait for another program
CONNECT_SECONDS = 10  # how long to wait for an answer of a server
ADVISORY_LOCK = 0x756E726F6C6C  # "unroll": a number that no other user of the database is likely to lock


class Failed(RuntimeError):
    """nbgrader refused; the message is its own last error."""


class Unavailable(Failed):
    """The gradebook or its disk cannot be used now; the message is for a person: what, and what to do."""


AGAIN = "What was graded is kept; run the same command again."
FULL = "The disk with {root} is full, so not everything could be written. Make room. " + AGAIN
GONE = "The server of the gradebook {place} cannot be reached or went away: {reason}. See whether it runs. " + AGAIN
OBSTACLES = {  # what SQLite, PostgreSQL or the system say -> our sentence; the first that fits
    "database is locked": "{place} has been in use by another program for a while: a running nbgrader "
    "command, or a program that shows databases. Close it. " + AGAIN,
    "readonly database": "{place} may not be written. See who owns it and its folder. " + AGAIN,
    "disk is full": FULL,
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "disk I/O error": "The disk with {root} could not be read or written. See whether it is full or failing. " + AGAIN,
    "errors.LockNotAvailable": "The gradebook {place} has been in use by another program for a while: another grader, "
    "or a program that was stopped half way. Wait for it, or end it. " + AGAIN,
    "errors.DiskFull": "The disk of the server of the gradebook {place} is full. Make room. " + AGAIN,
    "errors.InsufficientPrivilege": "The server of the gradebook {place} allows this user too little: {reason}. The "
    "user must own the database, or be granted what it takes to create tables in it. " + AGAIN,
    "password authentication failed": "The server of the gradebook {place} refused the user or the password. The user "
    "stands in the database's URL, the password best in ~/.pgpass. " + AGAIN,
    "no password supplied": "The server of the gradebook {place} wants a password. Put it in ~/.pgpass. " + AGAIN,
    'FATAL:  database "': "The server of the gradebook {place} has no such database. Make it with createdb. " + AGAIN,
    "(psycopg.OperationalError)": GONE,
    "errors.AdminShutdown": GONE,
    "errors.CrashShutdown": GONE,
    "errors.CannotConnectNow": GONE,
}
REASON = re.compile(r"\(psycopg\.[\w.]+\) (?:connection failed: )?([^\n]{1,200})")


def default_url(root: Path) -> str:
    """Where the gradebook of the course in `root` is if its own nbgrader_config.py does not say."""
    if Path(root) == Path(__file__).resolve().parents[2] and os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    return f"sqlite:///{Path(root) / 'gradebook.db'}"


@event.listens_for(Engine, "connect")
def _wait_for_others(connection: object, _: object) -> None:
    """SQLite waits too; said here and not in the URL, which `nbgrader db upgrade` takes for the name of a file."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {round(LOCK_SECONDS * 1000)}")


def completed(url: str) -> str:
    """The URL of a PostgreSQL server with our driver, and with how long to wait where it says nothing about that.

    Others are left as they are. No percent sign is added: nbgrader writes the URL to a file where it means something.
    """
    url, count = re.subn(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url)
    options = {"connect_timeout": CONNECT_SECONDS, "options": f"-clock_timeout={round(LOCK_SECONDS * 1000)}"}
    for name, value in options.items() if count else ():
        if not re.search(rf"[?&]{name}=", url):
            url += f"{'&' if '?' in url else '?'}{name}={value}"
    return url


def check(url: str) -> None:
    """Raises Unavailable if the URL is none, or if the driver of PostgreSQL is missing."""
    try:
        parsed = make_url(url)
    except (ValueError, ArgumentError):
        raise Unavailable(
            "The gradebook's URL was expected to be like postgresql://USER@HOST/DATABASE; it cannot be read. See "
            f"{VARIABLE}, or c.CourseDirectory.db_url in the course's nbgrader_config.py; characters like @ : / in a "
            "password are written %40 %3A %2F."
        ) from None  # the error quotes a part of the URL, which may be of a password
    if parsed.get_backend_name() != "postgresql" and parsed.database in (None, "", ":memory:"):
        raise Unavailable(
            "The gradebook's URL was expected to be like sqlite:////FOLDER/gradebook.db; it names no file. See "
            f"{VARIABLE}, or c.CourseDirectory.db_url in the course's nbgrader_config.py."
        )
    if parsed.get_backend_name() == "postgresql":
        try:
            import psycopg  # noqa: F401
        except ImportError as error:
            raise Unavailable(
                f"The gradebook is in PostgreSQL, {place(parsed)}, and its driver psycopg cannot be used here "
                f"({str(error).splitlines()[0]}). Install it: pip install 'psycopg[binary]'. {AGAIN}"
            ) from None


def place(url: URL) -> str:
    """The database in words: a file, or HOST:PORT/DATABASE, never with a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def obstacle(said: str, root: Path, url: str) -> str | None:
    """A sentence for what a database or the system said, None if it means nothing to us."""
    for sign, sentence in OBSTACLES.items():
        if sign in said:
            reason = match[1].strip().rstrip(".") if (match := REASON.search(said)) else "it said nothing"
            return sentence.format(root=root, place=place(make_url(url)), reason=reason)
    return None


@contextlib.contextmanager
def alone(url: str) -> Iterator[None]:
    """Wait until no other grader is in here, for the same gradebook, whatever machine it runs on.

    nbgrader looks whether a row is there and then adds it, so two at once would add it twice, and one would fail. The
    lock ends with the process that holds it. Raises SQLAlchemy's OperationalError after LOCK_SECONDS.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        lock = f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
    else:  # a file of its own, because within the gradebook it would keep out nbgrader's own steps
        assert parsed.database is not None  # see `check`
        file = Path(parsed.database)
        parsed, lock = parsed.set(database=str(file.with_name(f".{file.name}.lock"))), "BEGIN EXCLUSIVE"
    engine = create_engine(parsed, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(lock)
        yield
