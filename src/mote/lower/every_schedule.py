"""Every way to compute a layer on a core that is proven for it, whether it pays or not.

``lower`` chooses among these by what they cost; tests run them all.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Op
from mote.ir.tensor import DType
from mote.lower.chain import CORES, FOUR, chain_forms, in_order_of
from mote.lower.chain_affine import affine_forms
from mote.lower.chain_packed import packed_forms
from mote.lower.channels import Channels
from mote.lower.constant_channels import settle_constant_channels
from mote.lower.convolution import (
    depthwise_3x3_forms,
    dsp_convolution,
    is_plain_3x3,
    points_form,
    portable_convolution,
    portable_depthwise,
)
from mote.lower.depthwise_slots import slots_step
from mote.lower.depthwise_taps import fits_taps, lower_depthwise_taps
from mote.lower.dsp_layout import fits_dsp
from mote.lower.eight_inputs import eight_form
from mote.lower.fully_connected import (
    dsp_fully_connected,
    mve_fully_connected,
    portable_fully_connected,
    small_forms,
)
from mote.lower.geometry import geometry, row_geometry, weight_bits
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.lower.mve_convolution import lower_mve_convolution
from mote.lower.mve_depthwise import fits_mve_3x3, lower_mve_depthwise_3x3
from mote.lower.mve_layout import fits_mve
from mote.lower.narrow_depthwise import narrow_depthwise_3x3_or
from mote.lower.small_convolution import small_form
from mote.lower.step import Step
from mote.lower.swar_convolution import swar_step
from mote.lower.swar_fully_connected import swar_fully_connected_or
from mote.lower.winograd import is_winograd, winograd_step
from mote.lower.winograd_scheme import SCHEMES
from mote.target.target import Core

Schedules = Callable[[Graph, Node, Core], Iterator[Step]]


def every_schedule(graph: Graph, node: Node, core: Core) -> tuple[Step, ...]:
    """The layer in every form whose kernel runs on ``core`` and whose proof holds, without
    ``frugal`` forms behind it; what ``lower`` takes is among them.

    Raises:
        UnsupportedModelError: Nothing computes the layer.
    """
    own = _SCHEDULES.get(type(node.op))
    is_int8 = graph.result(node).dtype is DType.INT8
    if own is None or not is_int8:
        found = [s for step in lower(graph, core).steps if step.node is node for s in _forms(step)]
    else:
        found = [form for step in own(graph, node, core) for form in _forms(step)]
    return tuple(_distinct(replace(form, frugal=None, frugal_cycles=0) for form in found))


def _forms(step: Step) -> Iterator[Step]:
    """The step and what is behind it."""
    yield step
    if step.frugal:
        yield from _forms(step.frugal)


def _distinct(steps: Iterable[Step]) -> Iterator[Step]:
    """Without those that repeat a kernel with its parameters and scratch."""
    seen = set()
    for step in steps:
        key = step.kernel.name, step.parameters, step.scratch_bytes
        if key not in seen:
            seen.add(key)
            yield step


def _found(step: Step | None) -> tuple[Step, ...]:
    return () if step is None else (step,)


def _conv_2d(graph: Graph, node: Node, core: Core) -> Iterator[Step]:
    channels = settle_constant_channels(layer_channels(graph, node))
    bits, is_dense = weight_bits(graph, node), geometry(graph, node)["groups"] == 1
    portable = portable_convolution(graph, node, channels)
    yield portable
    if core.swar and is_dense and bits == 8:
        yield swar_step(graph, node, channels, portable)
    if core.mve and is_dense and fits_mve(channels, bits):
        yield lower_mve_convolution(graph, node, channels)
    if core.dsp and is_dense and fits_dsp(channels, bits):
        yield from _dsp_conv_2d(graph, node, channels, bits, core)


def _dsp_conv_2d(
    graph: Graph, node: Node, channels: Channels, bits: int, core: Core
) -> Iterator[Step]:
    plain = dsp_convolution(graph, node, channels, bits)
    yield plain.step
    if plain.points_cycles and bits == 8:
        yield points_form(plain.step, graph, plain.points_cycles)
    if bits == 4 or core.name not in CORES:
        return
    yield from _found(small_form(graph, node, channels, core))
    yield from _found(eight_form(graph, node, channels, plain.computed))
    of_layer = plain.step, graph, channels, plain.computed
    yield from (step for step, _ in packed_forms(*of_layer))
    taps = channels.weights.shape[1]
    for step in affine_forms(*of_layer):
        yield from (step, in_order_of(core, step, taps))
    for step, _ in chain_forms(*of_layer):
        yield from (step, in_order_of(core, step, FOUR))
    if is_winograd(row_geometry(graph, node)):
        for scheme in SCHEMES:
            tiled = winograd_step(graph, node, channels, plain.computed, plain.value, scheme)
            yield from _found(tiled)


def _depthwise_conv_2d(graph: Graph, node: Node, core: Core) -> Iterator[Step]:
    channels = settle_constant_channels(layer_channels(graph, node))
    sizes, bits = geometry(graph, node), weight_bits(graph, node)
    portable = portable_depthwise(graph, node, channels)
    yield portable
    is_3x3 = is_plain_3x3(sizes)
    if core.narrow and is_3x3 and bits == 8:
        yield narrow_depthwise_3x3_or(portable, graph, node, channels)
    if core.mve and is_3x3 and fits_mve_3x3(sizes) and fits_mve(channels, bits):
        yield lower_mve_depthwise_3x3(graph, node, channels)
    if core.dsp and fits_dsp(channels, 8):  # weights are unpacked before they are used
        if is_3x3:
            yield from depthwise_3x3_forms(graph, node, channels, bits)
            if bits == 8:
                yield from _found(small_form(graph, node, channels, core))
        if fits_taps(sizes, bits):
            yield lower_depthwise_taps(graph, node, channels)
        if bits == 8 and (is_3x3 or fits_taps(sizes, bits)):
            yield from _found(slots_step(graph, node, channels))


def _fully_connected(graph: Graph, node: Node, core: Core) -> Iterator[Step]:
    channels, bits = layer_channels(graph, node), weight_bits(graph, node)
    if not channels.is_uniform:
        channels = settle_constant_channels(channels)
    portable = portable_fully_connected(graph, node, channels)
    yield portable
    if core.swar and bits == 8:
        yield swar_fully_connected_or(portable, graph, node, channels)
    if core.mve and fits_mve(channels, bits):
        yield mve_fully_connected(graph, node, channels)
    if core.dsp and fits_dsp(channels, bits):
        yield dsp_fully_connected(graph, node, channels)
        if bits == 8:
            yield from small_forms(graph, node, channels, core)


_SCHEDULES: dict[type[Op], Schedules] = {
    Conv2D: _conv_2d,
    DepthwiseConv2D: _depthwise_conv_2d,
    FullyConnected: _fully_connected,
}
"""Of int8 layers that have several; ``lower`` has all the others."""
