"""Imports ONNX models: float, with QuantizeLinear nodes, and with operators on integers."""

from mote.frontends.onnx.importer import load, parse

__all__ = ["load", "parse"]
