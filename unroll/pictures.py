"""Pictures by reference: from a file, from the web, or, where there is none, a card that says so."""

from __future__ import annotations

import io
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np

from unroll.data import DataError
from unroll.data.reader import open_file

TIMEOUT = 8  # seconds for a picture from the web, from the first byte asked for to the last received
_LARGEST = 20 << 20  # bytes
_CARD = (320, 240)
_PIECE = 1 << 16


def image_from_url(url: str, caption: str | None = None) -> np.ndarray:
    """The image that an entry of train_urls or val_urls points at, (height, width, 3) uint8, ready for imshow.

    file:// works offline: a picture, or `file:///.../images.h5#train/7`, row 7 of that array. Of the http links of
    the real data set many are dead, and some machines have no network: then a card comes that says so and shows the
    caption, if it is given. Raises DataError or ValueError for a file:// reference that leads nowhere.
    """
    address = urllib.parse.urlsplit(str(url))
    if address.scheme == "file":
        path = Path(urllib.request.url2pathname(address.path))
        if not path.is_file():
            raise DataError(f"{path.parent}: expected {path.name}, found no such file. Load the data set again.")
        if address.fragment:
            return _image_from_h5(path, address.fragment)
        return _picture(path.read_bytes())
    if address.scheme in ("http", "https"):
        try:
            return _picture(_fetched(str(url)))
        except (OSError, ValueError) as error:
            return placeholder(_reason(error), caption)
    raise ValueError(f"expected a file:// or http(s):// reference, found {str(url)!r}; load_coco_data gives such")


def placeholder(reason: str, caption: str | None = None) -> np.ndarray:
    """A card in place of a picture, (240, 320, 3) uint8: why there is none and, if given, its caption."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = _CARD
    card = Image.new("RGB", _CARD, (238, 240, 243))
    draw = ImageDraw.Draw(card)
    middle, line = width // 2, (168, 174, 184)
    top = 44 if caption else 76
    draw.rectangle((4, 4, width - 5, height - 5), outline=(206, 210, 217), width=1)
    draw.rounded_rectangle((middle - 32, top, middle + 32, top + 46), radius=4, outline=line, width=3)
    draw.polygon(
        [(middle - 26, top + 40), (middle - 8, top + 18), (middle + 4, top + 32), (middle + 12, top + 24),
         (middle + 26, top + 40)],
        fill=line,
    )  # fmt: skip
    draw.ellipse((middle + 8, top + 8, middle + 18, top + 18), fill=line)
    draw.text((middle, top + 62), f"no picture: {reason}", (110, 117, 128), ImageFont.load_default(13), anchor="mm")
    if caption:
        lines = textwrap.wrap(" ".join(caption.split()), 40, max_lines=5, placeholder=" ...")
        draw.multiline_text(
            (middle, (top + 76 + height) / 2), "\n".join(lines), (40, 44, 52), ImageFont.load_default(15),
            anchor="mm", align="center", spacing=6,
        )  # fmt: skip
    return np.array(card)


def _fetched(url: str) -> bytes:
    """The contents behind a link. Raises OSError."""
    deadline = time.monotonic() + TIMEOUT
    content = bytearray()
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > _LARGEST:
                raise OSError("it is too large")
            if time.monotonic() > deadline:
                raise TimeoutError
    return bytes(content)


def _reason(error: Exception) -> str:
    """Why there is no picture, in a few words."""
    from PIL import UnidentifiedImageError

    if isinstance(error, urllib.error.HTTPError):
        return f"the server says {error.code}"
    if isinstance(error, UnidentifiedImageError):
        return "the link gives something else"
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, urllib.error.URLError):
        return "the server cannot be reached"
    return str(error)[:40] or type(error).__name__


def _image_from_h5(path: Path, fragment: str) -> np.ndarray:
    split, _, row = fragment.rpartition("/")
    with open_file(path) as file:
        if split not in file or not row.isdigit() or int(row) >= len(file[split]):
            raise ValueError(f"{path}: expected a split and a row such as train/7 after the #, found {fragment!r}")
        return file[split][int(row)]


def _picture(content: bytes) -> np.ndarray:
    from PIL import Image

    try:
        return np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None
