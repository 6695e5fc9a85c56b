"""Pooling, mean and interpolation as float32 kernel calls."""

import math

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import AveragePool2D, MaxPool2D, Mean, Resize, ResizeMethod
from mote.ir.tensor import DType
from mote.lower.float_operands import limits
from mote.lower.global_pooling import averaged_plane, pooled_plane
from mote.lower.kernels import KERNELS
from mote.lower.pooling import mean_split, mean_walk, pool_split, window_sizes
from mote.lower.resize import lower_resize, resize_sizes, resize_split
from mote.lower.step import Constant, Step
from mote.reference.resize import positions
from mote.target.target import Core


def lower_float_pool_2d(graph: Graph, node: Node, core: Core) -> Step:
    """Average or maximum over windows."""
    op = node.op
    assert isinstance(op, AveragePool2D | MaxPool2D)
    if plane := pooled_plane(graph, node):
        return Step(
            node,
            KERNELS[f"mote_global_{op.kind.removesuffix('_2d')}_f32"],
            parameters=(*plane.sizes.items(), *limits(op).items()),
            split=plane.split,
            state_bytes=plane.state_bytes(DType.FLOAT32),
        )
    return Step(
        node,
        KERNELS[f"mote_{op.kind}_f32"],
        parameters=(*window_sizes(graph, node).items(), *limits(op).items()),
        split=pool_split(graph, node),
    )


def lower_float_mean(graph: Graph, node: Node, core: Core) -> Step:
    """Mean over any axes."""
    assert isinstance(node.op, Mean)
    (x,), axes = graph.operands(node), node.op.axes
    if plane := averaged_plane(node.op, x):
        return Step(
            node,
            KERNELS["mote_global_average_pool_f32"],
            parameters=(*plane.sizes.items(), ("y_min", -math.inf), ("y_max", math.inf)),
            split=plane.split,
            state_bytes=plane.state_bytes(DType.FLOAT32),
        )
    parameters: dict[str, float | tuple[int, ...]] = {
        **mean_walk(x, axes),
        "cells": float(math.prod(x.shape[axis] for axis in axes)),
    }
    return Step(
        node,
        KERNELS["mote_mean_f32"],
        parameters=tuple(parameters.items()),
        split=mean_split(node.op, x, graph.result(node)),
    )


def lower_float_resize(graph: Graph, node: Node, core: Core) -> Step:
    """Nearest as for integers; bilinear with the weights as fractions."""
    op = node.op
    assert isinstance(op, Resize)
    if op.method is ResizeMethod.NEAREST:
        return lower_resize(graph, node, core)
    (x,) = graph.operands(node)
    constants: list[Constant] = []
    for axis, name, weights in ((0, "rows", "row_weights"), (1, "columns", "column_weights")):
        size = x.shape[1 + axis]
        position = np.clip(positions(op, size, op.to[axis]), 0, size - 1)
        index = np.floor(position)
        constants += [
            Constant(name, index.astype(np.int16), False),
            Constant(weights, (position - index).astype(np.float32), False),
        ]
    return Step(
        node,
        KERNELS["mote_resize_bilinear_f32"],
        parameters=tuple(resize_sizes(graph, node).items()),
        constants=tuple(constants),
        split=resize_split(graph, node, constants),
    )
