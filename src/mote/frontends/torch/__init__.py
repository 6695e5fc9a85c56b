"""Imports PyTorch modules as float graphs, through ``torch.export``."""

from mote.frontends.torch.importer import from_torch

__all__ = ["from_torch"]
