"""What a jail shows: the system, the Python environment and the `unroll` package, read-only, and nothing else.

`Jail` turns a View into bubblewrap's arguments, the namespaces level into mounts, and Landlock into its allow-list, so
all levels show the same files.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

INSIDE = Path(__file__).with_name("inside")
JAIL = "/jail"  # where the parent of `inside` is seen from within
AUTOGRADER = Path(__file__).parents[1]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/nix/store", "/gnu/store")
# Of /etc only what libraries need: no passwd, hosts, ssh or secrets.
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives", "mime.types")
# Not secret, but listing a desktop's thousands of fonts takes seconds; Matplotlib brings its own.
_SLOW = ("/usr/share/fonts", "/usr/local/share/fonts")


@dataclass(frozen=True)
class View:
    """binds: paths seen read-only at their own place. links: (text, path). hidden: folders shown empty.

    sys_path: entries the zygote adds to its module search path. workdir: the worker's private writable folder.
    """

    python: str
    binds: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    sys_path: tuple[str, ...]
    workdir: str

    def readable(self) -> list[str]:
        """The allow-list for Landlock, which can not hide a folder below an allowed one: its siblings are listed."""
        devices = ["/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
        return [path for bind in self.binds for path in _without(bind, self.hidden)] + devices


def view(read_only: tuple[str | os.PathLike, ...] = ()) -> View:
    """The View for the running interpreter. `read_only`: more paths, for example the data set; they must exist."""
    links = [(os.readlink(path), path) for path in _SYSTEM if os.path.islink(path)]
    system = [path for path in _SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    system += [path for path in (f"/etc/{name}" for name in _ETC) if os.path.exists(path)]
    sites = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    unroll = _unroll()
    environment = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sites, *_hops(sys.executable), *unroll]
    more = [os.path.abspath(path) for path in read_only]
    for path in more:
        if not os.path.exists(path):
            raise FileNotFoundError(f"read_only: {path} does not exist")
    binds = _outermost(system + [path for path in environment if os.path.exists(path)] + more)
    repository = AUTOGRADER.parent
    secret = [str(AUTOGRADER), *(str(repository / name) for name in ("solutions", "tests", "data"))]
    if (repository / "autograder").samefile(AUTOGRADER) and not (repository / "solutions").is_dir():
        secret = [str(AUTOGRADER)]  # installed: its siblings are other people's packages
    hidden = [
        path
        for path in [*secret, *_SLOW]
        if os.path.isdir(path) and _below(path, binds) and not any(_below(wanted, [path]) for wanted in more)
    ]
    workdir = "/scratch" if any(path.startswith("/tmp/") for path in binds) else "/tmp"
    parents = [os.path.dirname(path) for path in unroll]
    return View(sys.executable, tuple(binds), tuple(links), tuple(hidden), (*sites, *parents), workdir)


def _unroll() -> list[str]:
    """The folder of the `unroll` package, found without importing it."""
    try:
        spec = importlib.util.find_spec("unroll")
    except (ImportError, ValueError):
        return []
    return [os.path.abspath(path) for path in (spec.submodule_search_locations or [])] if spec else []


def _hops(path: str) -> list[str]:
    """The files a chain of symbolic links leads over; a virtual environment's python is such a chain."""
    found: list[str] = []
    while os.path.islink(path) and len(found) < 16:
        path = os.path.join(os.path.dirname(path), os.readlink(path))
        found.append(os.path.normpath(path))
    return found


def _below(path: str, roots: list[str] | tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def _outermost(paths: list[str]) -> list[str]:
    """Without repetitions and without what lies below another one."""
    unique = sorted(dict.fromkeys(paths), key=len)
    kept: list[str] = []
    for path in unique:
        if not _below(path, kept):
            kept.append(path)
    return kept


def _without(path: str, hidden: tuple[str, ...]) -> list[str]:
    """`path`, or its entries where something below it is hidden."""
    if path in hidden:
        return []
    if not any(_below(entry, [path]) for entry in hidden):
        return [path]
    return [found for entry in sorted(os.listdir(path)) for found in _without(os.path.join(path, entry), hidden)]


def bubblewrap_arguments(shown: View, environment: dict[str, str], *, root: bool) -> list[str]:
    """bwrap's command line up to the command. Parents are made by hand: bwrap's own are 0700, shut to other users."""
    arguments = [
        "bwrap",
        "--unshare-net",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    arguments += ["--new-session", "--clearenv", "--proc", "/proc", "--dev", "/dev"]
    if root:  # to become the throw-away user; the zygote gives them up at once
        arguments += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        arguments += ["--unshare-user"]
    binds = [(path, path) for path in shown.binds] + [(str(INSIDE), f"{JAIL}/inside")]
    made: set[str] = {"/", "/proc", "/dev"}

    def parents(path: str) -> None:
        for parent in reversed(Path(path).parents):
            if str(parent) not in made and not _below(str(parent), shown.binds):
                arguments.extend(["--perms", "0755", "--dir", str(parent)])
                made.add(str(parent))

    for source, target in binds:
        parents(target)
        arguments += ["--ro-bind", source, target]
    for text, path in shown.links:
        arguments += ["--symlink", text, path]
    for path in shown.hidden:
        arguments += ["--perms", "0755", "--tmpfs", path, "--remount-ro", path]
    arguments += ["--perms", "1777", "--tmpfs", shown.workdir, "--remount-ro", "/", "--chdir", "/"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    return arguments


def mounts(shown: View) -> dict:
    """The same for `inside.newroot`."""
    binds = [[path, path] for path in shown.binds] + [[str(INSIDE), f"{JAIL}/inside"]]
    return {
        "binds": binds,
        "links": [list(link) for link in shown.links],
        "hidden": list(shown.hidden),
        "workdir": shown.workdir,
    }
