"""A real PostgreSQL server for tests, from Debian's package: on loopback, in a temporary folder, with a password."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

NOBODY = 65534
USER, PASSWORD = "grader", "open@sesame"  # a character that a URL must quote
QUOTED = "open%40sesame"
LOOPBACK = "127.0.0.1"


def programs() -> Path | None:
    """The folder of initdb and postgres, which Debian keeps out of PATH; None where they are not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


class Server:
    """Use it in a with statement. The server ends with this process, however that ends."""

    def __init__(self, folder: Path, port: int):
        self.folder, self.port, self.process = folder, port, None
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            for path in (folder, folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        options = ["--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*self._command("initdb"), "-D", "data", "-U", USER, *options], **self._place(), check=True)

    def _command(self, program: str) -> list[str]:
        ordinary = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        return ["setpriv", *ordinary, "--pdeathsig=INT", str(programs() / program)]

    def _place(self) -> dict:
        return {"cwd": self.folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def start(self) -> None:
        """Returns when it answers. Raises RuntimeError if it ends instead."""
        options = [f"-clisten_addresses={LOOPBACK}", f"-cport={self.port}", f"-cunix_socket_directories={self.folder}"]
        command = [*self._command("postgres"), "-D", "data", "-F", *options]
        self.process = subprocess.Popen(command, **self._place())
        while self.process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                return psycopg.connect(self.url("postgres")).close()
            time.sleep(0.05)
        raise RuntimeError("the PostgreSQL server ended as soon as it was started")

    def stop(self) -> None:
        """End all connections and the server."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def url(self, database: str, user: str = USER, password: str = QUOTED) -> str:
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def new(self, database: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database}")
            connection.execute(f"CREATE DATABASE {database}")
        return self.url(database)


@contextlib.contextmanager
def server():
    """A running Server."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="unroll-postgres-") as name:
        running = Server(Path(name), port)
        running.start()
        yield running
        if running.process.poll() is None:
            running.stop()
