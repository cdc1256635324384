"""The data sets: build, download, look at, and prove whole."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from unroll.data import download, embedded, layout
from unroll.data.annotations import build
from unroll.data.place import DataError, data_root
from unroll.data.validate import validate


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except (DataError, KeyboardInterrupt) as error:
        print(error if isinstance(error, DataError) else "interrupted", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m unroll.data", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    def sized(added: argparse.ArgumentParser) -> None:
        added.add_argument("--size", choices=tuple(embedded.SIZES), help="of the scenes")
        added.add_argument("--root", type=Path, help="the folder that holds the data sets")

    build = command("build", _build, "build the embedded scenes, if they are not there")
    sized(build)
    build.add_argument("--again", action="store_true", help="build even if they are there")

    coco = command("coco", _coco, "download CS231n's COCO captions and features, about 1 GB; goes on where it stopped")
    coco.add_argument("--root", type=Path, help="the folder that holds the data sets")
    coco.add_argument("--fc7", action="store_true", help="unpack the features before PCA too, 2 GB more")
    coco.add_argument("--url", default=download.URL, help="another place of the same archive")
    coco.add_argument("--sha256", help="what the archive must hash to")

    own = command("annotations", _annotations, "build a data set from COCO's annotation files and a table of features")
    own.add_argument("folder", type=Path, help="to be made")
    own.add_argument("--train", type=Path, nargs="+", required=True, help="captions_*.json")
    own.add_argument("--val", type=Path, nargs="*", default=[], help="captions_*.json; without it, give --val-share")
    own.add_argument("--features", type=Path, nargs="+", required=True, help=".h5, .npz or .npy, keyed by image id")
    own.add_argument("--vocabulary", type=Path, help="a coco2014_vocab.json to keep to")
    own.add_argument("--min-count", type=int, default=5, help="how often a word must occur (default 5)")
    own.add_argument("--val-share", type=float, help="share of the images that becomes val")
    own.add_argument("--seed", type=int, default=0, help="which images become val")

    verify = command("verify", _verify, "say what is wrong with a data set, or that nothing is")
    sized(verify)
    verify.add_argument("folder", type=Path, nargs="?", help="of any data set; without it, the scenes")
    verify.add_argument("--fc7", action="store_true", help="look at the features before PCA too")

    sheet = command("sheet", _sheet, "draw some images with their captions into a PNG file")
    sized(sheet)
    sheet.add_argument("file", type=Path)
    sheet.add_argument("folder", type=Path, nargs="?", help="of any data set; without it, the scenes")
    sheet.add_argument("--images", type=int, default=12)
    sheet.add_argument("--seed", type=int, default=0)

    sized(command("path", _folder, "print the folder of the scenes"))
    return parser


def _folder(options: argparse.Namespace) -> Path:
    """The folder of the embedded scenes that the options name."""
    return (options.root or data_root()) / (options.size or embedded.default_size())


def _build(options: argparse.Namespace) -> Path:
    folder = _folder(options)
    if options.again:
        shutil.rmtree(folder, ignore_errors=True)
    return embedded.ensure(folder.name, folder.parent)


def _coco(options: argparse.Namespace) -> str:
    folder = (options.root or data_root()) / "coco"
    download.download_coco(folder, fc7=options.fc7, url=options.url, sha256=options.sha256)
    try:
        summary = _summary(folder, options.fc7)
    except DataError as error:
        raise DataError(
            f"{error}\nDelete the files named and run the same command again: they are unpacked anew. If they are as "
            f"bad then, delete {folder}: all is downloaded afresh."
        ) from None
    return f"{summary}\nload_coco_data({str(folder)!r}) reads it"


def _annotations(options: argparse.Namespace) -> str:
    folder = build(
        options.folder,
        options.train,
        options.val,
        options.features,
        vocabulary=options.vocabulary,
        min_count=options.min_count,
        val_share=options.val_share,
        seed=options.seed,
    )
    return _summary(folder, fc7=False)


def _verify(options: argparse.Namespace) -> str:
    if options.folder is not None:
        return _summary(options.folder, options.fc7)
    folder = _folder(options)
    manifest = embedded.verify(folder)
    return f"{_summary(folder, options.fc7)}\n{len(manifest['files'])} files as built, version {manifest['version']}"


def _summary(folder: Path, fc7: bool) -> str:
    found = validate(folder, fc7=fc7)
    parts = [f"{found[split]['images']:,} images with {found[split]['captions']:,} captions" for split in layout.SPLITS]
    return f"{folder}: good: train {parts[0]}, val {parts[1]}, {found['words']:,} words"


def _sheet(options: argparse.Namespace) -> Path:
    import numpy as np  # here: figures are slow to import, and no other command needs them

    from unroll.coco import load_coco_data, sample_scenes
    from unroll.plots import contact_sheet

    data = load_coco_data(options.folder or embedded.ensure(_folder(options).name, _folder(options).parent))
    scenes = sample_scenes(data, options.images, "val", np.random.default_rng(options.seed))
    contact_sheet(scenes, columns=4).savefig(options.file, dpi=80, bbox_inches="tight", facecolor="white")
    return options.file


if __name__ == "__main__":
    sys.exit(main())
