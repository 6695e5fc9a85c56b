"""Sums and pools with MVE on the emulated core: equal to the reference at any length."""

import numpy as np

import mote
from kernel_check import one_node, random_input
from mote import reference
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Add, AveragePool2D, MaxPool2D, Mean, Padding, Sub
from random_layers import side_by_side

Rng = np.random.Generator


def check(graphs: list[Graph], rng: Rng, kernels: set[str]) -> None:
    """Run them all in one program, with inputs at the ends and in between."""
    samples = []
    for _ in range(4):
        operands = [[random_input(g.tensors[name], rng) for name in g.inputs] for g in graphs]
        samples.append(operands)
    build = mote.compile(side_by_side(graphs), "cortex-m55", optimize="time")
    assert {step.kernel.name for step in build.program.steps} == kernels
    found = build.run_samples([[x for xs in operands for x in xs] for operands in samples])
    for operands, outputs in zip(samples, found, strict=True):
        for graph, xs, got in zip(graphs, operands, outputs, strict=True):
            want = reference.run(graph, xs)["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def test_sums_and_differences_of_any_length_equal_the_reference() -> None:
    rng = np.random.default_rng(1)
    graphs = []
    for elements in (1, 2, 3, 4, 5, 7, 8, 30, 129):
        for op in (Add, Sub):
            scales = rng.uniform(0.02, 0.1, 3).astype(np.float32)
            zeros = rng.integers(-128, 128, 3)
            q = [Quantization((float(s),), (int(z),)) for s, z in zip(scales, zeros, strict=True)]
            x = [Tensor(name, (1, elements), DType.INT8, q[i]) for i, name in enumerate("ab")]
            activation = list(Activation)[int(rng.integers(4))]
            graphs.append(one_node(op(activation), x, DType.INT8, q[2]))
    check(graphs, rng, {"mote_add_s8", "mote_sub_s8"})


def test_global_averages_of_any_number_of_channels_equal_the_reference() -> None:
    rng = np.random.default_rng(2)
    q = Quantization((0.05,), (-3,))
    graphs = []
    for channels in (1, 3, 4, 15, 16, 17, 20, 31, 32, 33, 53, 64):
        shape = (1, int(rng.integers(1, 12)), int(rng.integers(1, 12)), channels)
        x = Tensor("x", shape, DType.INT8, q)
        pool = AveragePool2D(kernel=(shape[1], shape[2]), stride=(1, 1))
        graphs.append(one_node(pool, [x], DType.INT8, q))
        graphs.append(one_node(Mean(axes=(1, 2)), [x], DType.INT8, Quantization((0.07,), (5,))))
    check(graphs, rng, {"mote_global_average_pool_s8", "mote_global_mean_s8"})


def test_pools_of_any_number_of_channels_equal_the_reference() -> None:
    rng = np.random.default_rng(3)
    q = Quantization((0.05,), (-3,))
    graphs = []
    for channels in (1, 3, 4, 7, 15, 16, 17, 31, 32, 33, 53):
        # More than 361 cells take a true division.
        kernel = (19, 20) if channels == 17 else tuple(int(n) for n in rng.integers(2, 9, 2))
        for kind in (AveragePool2D, MaxPool2D):
            op = kind(
                kernel=(kernel[0], kernel[1]),
                stride=(int(rng.integers(1, 4)), int(rng.integers(1, 4))),
                padding=Padding(*(int(n) for n in rng.integers(0, 2, 4))),
                activation=list(Activation)[int(rng.integers(4))],
            )
            shape = (1, *(n + int(rng.integers(1, 4)) for n in op.kernel), channels)
            graphs.append(one_node(op, [Tensor("x", shape, DType.INT8, q)], DType.INT8, q))
    check(graphs, rng, {"mote_average_pool_2d_s8", "mote_max_pool_2d_s8"})
