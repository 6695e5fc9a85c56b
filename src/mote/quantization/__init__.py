"""Float graphs to int8 graphs."""

from mote.quantization.post_training import quantize
from mote.quantization.scheme import to_integers, to_reals

__all__ = ["quantize", "to_integers", "to_reals"]
