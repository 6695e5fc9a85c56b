"""Cores and boards."""

from mote.target.target import Board, Core, Target

__all__ = ["Board", "Core", "Target"]
