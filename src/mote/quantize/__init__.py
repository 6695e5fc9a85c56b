"""Float graphs to int8 graphs."""

from mote.quantize.post_training import quantize
from mote.quantize.scheme import to_integers, to_reals

__all__ = ["quantize", "to_integers", "to_reals"]
