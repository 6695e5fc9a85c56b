"""Cores and boards."""

from mote.target.boards import BOARDS
from mote.target.cores import CORES
from mote.target.flash import Cache, Flash
from mote.target.region import Region
from mote.target.resolve import resolve
from mote.target.target import Board, Core, Target

__all__ = ["BOARDS", "CORES", "Board", "Cache", "Core", "Flash", "Region", "Target", "resolve"]
