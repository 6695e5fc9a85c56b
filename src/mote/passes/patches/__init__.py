"""Patch-based inference: the first layers run tile by tile, so that no large tensor is ever whole.

Lin et al., "MCUNetV2: Memory-efficient patch-based inference for tiny deep learning" (2021).
A patched graph is a graph like any other: slices, the same layers on tiles, concatenations.
"""

from mote.passes.patches.cost import Patches, patch_choices, patch_cost
from mote.passes.patches.patch import patch
from mote.passes.patches.stage import splits

__all__ = ["Patches", "patch", "patch_choices", "patch_cost", "splits"]
