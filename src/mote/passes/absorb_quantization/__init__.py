"""Makes integer operators of float ones between dequantize and quantize nodes."""

from mote.passes.absorb_quantization.absorb import absorb_quantization

__all__ = ["absorb_quantization"]
