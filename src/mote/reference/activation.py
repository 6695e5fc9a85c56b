"""Fused activations on real numbers; ``fixed_point.activation_range`` has the integer form."""

import numpy as np

from mote.ir.ops import Activation
from mote.ir.tensor import Array


def apply_activation(x: Array, activation: Activation) -> Array:
    """``x`` clamped to the activation's bounds."""
    return np.clip(x, *activation.bounds)
