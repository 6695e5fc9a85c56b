"""Graph-to-graph rewrites, one per file."""

from mote.passes.pipeline import PASSES, optimize

__all__ = ["PASSES", "optimize"]
