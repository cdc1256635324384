"""Data sets in the layout of CS231n's coco_captioning: made, fetched, proved whole, and read.

    place           the folder that holds them; building beside it
    layout          names of files, captions as rows of numbers, writing
    reader          datasets that stay in their files until rows of them are used
    validate        what is wrong with a folder, with `faults` and `vocabulary_file`

    embedded        the scenes, built here and offline; `scenes_writer` writes them
    download        CS231n's archive of the real COCO, with `transfer` and `archive`
    annotations     COCO's annotation files and a table of features, with `caption_file` and `feature_table`

`python -m unroll.data -h` lists the commands.
"""

from unroll.data.embedded import SIZES, default_size, ensure, verify
from unroll.data.place import DataError, data_root

__all__ = ["SIZES", "DataError", "data_root", "default_size", "ensure", "verify"]
