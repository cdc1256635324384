"""Data sets in the layout of CS231n's coco_captioning: where they lie, how they are made and proved whole.

    place        the folder that holds them
    layout       names of files, words as numbers, writing
    embedded     the scenes that are built here, offline
"""

from unroll.data.embedded import SIZES, default_size, ensure, verify
from unroll.data.place import DataError, data_root

__all__ = ["SIZES", "DataError", "data_root", "default_size", "ensure", "verify"]
