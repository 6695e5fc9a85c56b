"""Float graphs to int8 graphs."""

from mote.quantization.config import LayerPrecision, QuantizationConfig
from mote.quantization.post_training import quantize, quantize_with_report
from mote.quantization.scheme import to_integers, to_reals

__all__ = [
    "LayerPrecision",
    "QuantizationConfig",
    "quantize",
    "quantize_with_report",
    "to_integers",
    "to_reals",
]
