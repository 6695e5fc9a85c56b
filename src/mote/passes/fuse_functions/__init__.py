"""Makes one operator of the several that exporters write for a function or a normalisation."""

from mote.passes.fuse_functions.fuse import fuse_functions

__all__ = ["fuse_functions"]
