"""Read caption annotation files as COCO publishes them: JSON with the lists images and annotations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unroll.data.place import DataError

ADVICE = "Give caption annotations as COCO publishes them, such as captions_train2014.json."


@dataclass
class Annotations:
    """images: by id, in the file's order. captions: image id and text, in the file's order."""

    images: dict[int, dict] = field(default_factory=dict)
    captions: list[tuple[int, str]] = field(default_factory=list)


def read(paths: Sequence[Path]) -> Annotations:
    """The images and captions of annotation files, joined. Raises DataError if they are not as COCO's are."""
    joined = Annotations()
    seen: set[int] = set()
    captions: list[tuple[int, int, str, Path]] = []
    for path in map(Path, paths):
        content = _read_json(path)
        for number, image in enumerate(content["images"]):
            where = f"{path}: images[{number}]"
            identity = _integer(where, image, "id")
            if joined.images.setdefault(identity, image) != image:
                raise _bad(where, f"the entry that image {identity} had before", "another one")
            _line(where, image, "file_name")
            _line(where, image, url_key(image))
        for number, annotation in enumerate(content["annotations"]):
            where = f"{path}: annotations[{number}]"
            identity, image_id = _integer(where, annotation, "id"), _integer(where, annotation, "image_id")
            if identity in seen:
                raise _bad(where, "a caption id of its own", f"{identity}, which another caption has")
            seen.add(identity)
            if not isinstance(annotation.get("caption"), str):
                raise _bad(where, "a caption as text", _shown(annotation, "caption"))
            captions.append((identity, image_id, annotation["caption"], path))
    for identity, image_id, caption, path in captions:
        if image_id not in joined.images:
            raise _bad(f"{path}: caption {identity}", "an image_id that is in images", f"{image_id}")
        joined.captions.append((image_id, caption))
    if not joined.images:
        raise _bad(", ".join(map(str, paths)), "at least one image", "none")
    return joined


def _read_json(path: Path) -> dict:
    if not path.is_file():
        raise _bad(str(path), "an annotation file", "a folder" if path.is_dir() else "no such file")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _bad(str(path), "JSON", f"something else ({error})") from None
    lists = [name for name in ("images", "annotations") if isinstance(content, dict) and name in content]
    if len(lists) < 2 or not all(isinstance(content[name], list) for name in lists):
        found = ", ".join(map(str, content)) or "nothing" if isinstance(content, dict) else type(content).__name__
        raise _bad(str(path), "an object with the lists images and annotations", found[:100])
    return content


def _integer(where: str, entry: object, key: str) -> int:
    if not isinstance(entry, dict):
        raise _bad(where, "an object", repr(entry)[:100])
    if type(entry.get(key)) is not int or not 0 <= entry[key] < 2**63:  # a bool is no id
        raise _bad(where, f"{key} as an integer from 0", _shown(entry, key))
    return entry[key]


def url_key(image: dict) -> str:
    """Which entry of an image says where it is."""
    return next((key for key in ("coco_url", "flickr_url") if image.get(key)), "file_name")


def _line(where: str, image: dict, key: str) -> None:
    """Raise DataError if an entry cannot be a line of a file."""
    text = image.get(key)
    if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
        raise _bad(where, f"{key} as one line of text", _shown(image, key))


def _shown(entry: dict, key: str) -> str:
    return ascii(entry[key])[:100] if key in entry else "none"


def _bad(where: str, expected: str, found: str) -> DataError:
    return DataError(f"{where}: expected {expected}, found {found}. {ADVICE}")
