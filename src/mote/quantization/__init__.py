"""Float graphs to int8 graphs."""

from mote.quantization.automatic import choose_precision
from mote.quantization.config import LayerPrecision, QuantizationConfig
from mote.quantization.goal import Goal
from mote.quantization.post_training import quantize, quantize_with_report
from mote.quantization.scheme import to_integers, to_reals
from mote.quantization.sensitivity import sensitivity

__all__ = [
    "Goal",
    "LayerPrecision",
    "QuantizationConfig",
    "choose_precision",
    "quantize",
    "quantize_with_report",
    "sensitivity",
    "to_integers",
    "to_reals",
]
