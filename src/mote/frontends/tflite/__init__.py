"""Imports int8 and float32 models in the TFLite format, without TensorFlow."""

from mote.frontends.tflite.importer import load, parse
from mote.frontends.tflite.names import tensor_names

__all__ = ["load", "parse", "tensor_names"]
