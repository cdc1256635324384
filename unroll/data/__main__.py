"""python -m unroll.data build|verify|path"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from unroll.data import SIZES, DataError, data_root, default_size, ensure, verify


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m unroll.data", description="The embedded data set.")
    parser.add_argument("command", choices=("build", "verify", "path"))
    parser.add_argument("--size", choices=tuple(SIZES), default=None)
    parser.add_argument("--root", type=Path, default=None, help="the folder that holds the data sets")
    parser.add_argument("--again", action="store_true", help="build even if it is there")
    options = parser.parse_args(arguments)
    try:
        size = options.size or default_size()
        folder = (options.root or data_root()) / size
        if options.command == "build":
            if options.again:
                shutil.rmtree(folder, ignore_errors=True)
            print(ensure(size, options.root))
        elif options.command == "verify":
            manifest = verify(folder)
            print(f"{folder}: {len(manifest['files'])} files as built, version {manifest['version']}")
        else:
            print(folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
