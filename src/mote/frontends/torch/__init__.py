"""Imports PyTorch modules and ``.pt2`` files as float graphs, through ``torch.export``."""

from mote.frontends.torch.importer import from_torch, load

__all__ = ["from_torch", "load"]
