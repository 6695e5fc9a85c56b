"""Fully connected layers with two products in a multiplication: the proof that they stay apart, and
the kernel call.

``kernels/include/mote_pair_dot_swar.h`` says how. In the product of a word of weights and one of
inputs the upper half sums what counts, the lower one products of no use; over a block of taps both
must fit 16 bits whatever the inputs are.
"""

import numpy as np
from numpy.typing import NDArray

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels, Ints
from mote.lower.geometry import layer_sizes
from mote.lower.kernels import KERNELS
from mote.lower.narrow_requantization import PART_BITS, narrow_uniform
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step

TAPS = 8
"""Taps are a multiple of; also those of a long block. Short ones have two."""
OUTPUTS = 2
"""At a time."""
FEWEST_OUTPUTS = 8
"""That pay for putting the inputs in words."""
HALF = 2**15
"""Sums of a block are at least -HALF and below HALF."""
PORTABLE_CYCLES = 5
"""A product of the portable kernel."""
CYCLES = 4


def swar_fully_connected_or(otherwise: Step, graph: Graph, node: Node, channels: Channels) -> Step:
    """A layer with weights of 8 bits.

    Args:
        otherwise: The step where a proof fails or the layer is too small.
        graph, node: The layer.
        channels: Its channels.
    """
    sizes = layer_sizes(graph, node)
    if sizes["outputs"] < FEWEST_OUTPUTS or not channels.is_uniform:
        return otherwise
    requantization = narrow_uniform(channels)
    is_long = blocks_are_long(channels)
    if requantization is None or is_long is None:
        return otherwise
    multiplier = int(requantization.multiplier[0])
    parameters = {
        "limit": int(requantization.limit[0]),
        "low": multiplier & (1 << PART_BITS) - 1,
        "high": multiplier >> PART_BITS,
        "offset": int(requantization.offsets[0]),
        "middle": requantization.middle,
        "bend": int(requantization.bend[0]),
    }
    weights = _in_pairs(_padded(channels.weights) + 128)
    products = sizes["batches"] * weights.size
    return Step(
        node=node,
        kernel=KERNELS["mote_fully_connected_s8_swar"],
        parameters=tuple((parameters | sizes).items()),
        constants=(
            Constant("weights", weights.astype(np.uint8).view(np.int8), True),
            Constant("start", (channels.bias + requantization.start[0]).astype(np.int32), True),
            Constant("is_long", is_long.astype(np.uint8), False),
        ),
        scratch_bytes=2 * weights.shape[1] * 4,
        split=split_pointwise(graph.result(node), ("batches",)),
        frugal=otherwise,
        frugal_cycles=products * (PORTABLE_CYCLES - CYCLES),
    )


def blocks_are_long(channels: Channels) -> NDArray[np.bool_] | None:
    """``[pairs of outputs]``: whether the proof holds for blocks of eight taps; None when it does
    not even for blocks of two."""
    low, high = _padded(channels.x_low), _padded(channels.x_high)
    weights = _padded(channels.weights)
    shape = len(weights), -1, 4
    w, low, high = weights.reshape(shape), low.reshape(shape), high.reshape(shape)
    # [outputs, fours, which word]: what counts, then what is of no use.
    counts = [_ends(w, low, high, taps, taps) for taps in ([0, 1], [2, 3])]
    useless = [_ends(w, low, high, [0, 1], [2, 3])]
    if not all(_fits(parts, 1).all() for parts in (counts, useless)):
        return None
    is_long = _fits(counts, 4) & _fits(useless, 4)
    return np.asarray(is_long.reshape(-1, OUTPUTS).all(1))


def _fits(parts: list[tuple[Ints, Ints]], words: int) -> NDArray[np.bool_]:
    """``[O]``: whether the sums of some words' products, each of all parts, have 16 bits."""
    sums = np.sum(parts, 0)  # [2, O, fours, 2]
    least, greatest = sums.reshape(2, sums.shape[1], -1, words).sum(3)
    found: NDArray[np.bool_] = (least >= -HALF).all(1) & (greatest < HALF).all(1)
    return found


def _ends(
    w: Ints, low: Ints, high: Ints, weights: list[int], inputs: list[int]
) -> tuple[Ints, Ints]:
    """Least and greatest products of some taps' weights and of some taps' inputs."""
    ends = w[..., weights] * low[..., inputs], w[..., weights] * high[..., inputs]
    return np.minimum(*ends), np.maximum(*ends)


def _padded(values: Ints) -> Ints:
    """``[O, taps]`` filled up with zeros."""
    outputs, taps = values.shape
    return np.pad(values, ((0, -outputs % OUTPUTS), (0, -taps % TAPS)))


def _in_pairs(values: Ints) -> Ints:
    """``[O, taps]`` -> ``[pairs, fours, 2, 4]``."""
    result: Ints = values.reshape(-1, OUTPUTS, values.shape[1] // 4, 4).swapaxes(1, 2)
    return np.ascontiguousarray(result)
