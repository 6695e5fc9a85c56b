"""Mote's own model file: a whole graph, quantised or not, read back bit for bit."""

from mote.frontends.native.reader import load
from mote.frontends.native.writer import to_bytes

__all__ = ["load", "to_bytes"]
