"""Cycles of each core, estimated from executed basic blocks."""

from mote.run.cycles.disassembly import disassemble
from mote.run.cycles.estimate import MODELS, Cost, estimate

__all__ = ["MODELS", "Cost", "disassemble", "estimate"]
