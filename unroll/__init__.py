"""Unroll: helpers for problem sets on recurrent networks."""

from unroll.check import CheckFailed, check
from unroll.coco import decode_captions, image_from_url, load_coco_data, sample_coco_minibatch
from unroll.gradcheck import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from unroll.progress import progress

__all__ = [
    "CheckFailed",
    "check",
    "decode_captions",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "image_from_url",
    "load_coco_data",
    "progress",
    "rel_error",
    "sample_coco_minibatch",
]
