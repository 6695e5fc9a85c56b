"""Pictures and pages of results; reads what others computed and decides nothing."""

from mote.report.candidates import Candidate, candidates
from mote.report.memory_map import memory_map

__all__ = ["Candidate", "candidates", "memory_map"]
