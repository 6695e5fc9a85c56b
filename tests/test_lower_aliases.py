"""Rows that are cut out or put together are other names of bytes, wherever that is possible."""

from dataclasses import replace

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import Build
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Concat, Op, Quantize, Relu, Reshape, Slice
from mote.ir.ops.operator import Activation
from mote.lower.lower import lower
from mote.lower.step import Alias, Program
from mote.plan.network import network
from mote.target.cores import CORES
from random_graph_maker import Maker
from random_graphs import random_inputs
from row_builds import Choice, build_by_rows, one_row, some_rows
from test_end_to_end_host import differing, load_together

Q = Quantization((0.5,), (3,))


def chain(*nodes: tuple[str, Op, tuple[str, ...]], outputs: tuple[str, ...] = ("y",)) -> Graph:
    """Nodes on the input ``x``, [1, 6, 4, 3]."""
    tensors = {"x": Tensor("x", (1, 6, 4, 3), DType.INT8, Q)}
    for name, op, inputs in nodes:
        shape = op.shape(*(tensors[t].shape for t in inputs))
        tensors[name] = Tensor(name, shape, DType.INT8, Q)
    made = tuple(Node(name, op, inputs, name) for name, op, inputs in nodes)
    graph = Graph("chain", tensors, made, ("x",), outputs)
    verify(graph)
    return graph


def rows(first: int, last: int) -> Slice:
    return Slice((0, first, 0, 0), (1, last, 4, 3), (1, 1, 1, 1))


RELU = Relu(Activation.RELU)


def lowered(graph: Graph) -> Program:
    return lower(graph, CORES["cortex-m4"])


def test_rows_cut_out_are_rows_of_the_operand() -> None:
    program = lowered(chain(("a", rows(2, 5), ("x",)), ("y", RELU, ("a",))))
    assert [step.node.name for step in program.steps] == ["y"]
    assert program.aliases == (Alias("a", "x", 2 * 12),)


def test_columns_of_one_row_lie_behind_those_left_out() -> None:
    part = Slice((0, 2, 1, 0), (1, 3, 3, 3), (1, 1, 1, 1))
    graph = chain(("a", part, ("x",)), ("y", RELU, ("a",)))
    assert lowered(graph).aliases == (Alias("a", "x", 2 * 12 + 3),)
    x = random_inputs(graph, 0)
    np.testing.assert_array_equal(mote.compile(graph, "host").run(x), reference.run(graph, x)["y"])


def test_rows_put_together_are_written_where_they_are_needed() -> None:
    program = lowered(
        chain(
            ("a", RELU, ("x",)),
            ("flat", Reshape((1, 24, 3)), ("a",)),
            ("b", RELU, ("x",)),
            ("more", Reshape((1, 24, 3)), ("b",)),
            ("y", Concat(1), ("flat", "more")),
        )
    )
    assert [step.node.name for step in program.steps] == ["a", "b"]
    assert program.place("flat") == program.place("a") == ("y", 0)
    assert program.place("more") == program.place("b") == ("y", 72)


@pytest.mark.parametrize(
    ("why", "nodes"),
    [
        ("inputs stay", [("a", RELU, ("x",)), ("y", Concat(1), ("a", "x"))]),
        ("one place each", [("a", RELU, ("x",)), ("y", Concat(1), ("a", "a"))]),
        (
            "one concatenation each",
            [
                *[("a", RELU, ("x",)), ("b", RELU, ("x",)), ("c", RELU, ("x",))],
                *[("d", Concat(1), ("a", "b")), ("e", Concat(1), ("a", "c"))],
                ("y", Concat(3), ("d", "e")),
            ],
        ),
        ("not a part", [("a", RELU, ("x",)), ("b", rows(1, 3), ("a",)), ("y", Concat(1), ("b",))]),
        ("no rows", [("a", RELU, ("x",)), ("b", RELU, ("x",)), ("y", Concat(2), ("a", "b"))]),
        (
            "smaller rows",
            [
                *[("a", RELU, ("x",)), ("b", RELU, ("x",))],
                *[("c", Reshape((1, 3, 24)), ("a",)), ("d", Reshape((1, 3, 24)), ("b",))],
                ("y", Concat(1), ("c", "d")),
            ],
        ),
        ("an output stays whole", [("y", rows(1, 3), ("x",))]),
        ("every second row", [("a", Slice((0, 0, 0, 0), (1, 6, 4, 3), (1, 2, 1, 1)), ("x",)),
                              ("y", RELU, ("a",))]),
        ("parts of rows", [("a", Slice((0, 0, 1, 0), (1, 6, 4, 3), (1, 1, 1, 1)), ("x",)),
                           ("y", RELU, ("a",))]),
    ],
)  # fmt: skip
def test_what_cannot_lie_there_is_copied(
    why: str, nodes: list[tuple[str, Op, tuple[str, ...]]]
) -> None:
    graph = chain(*nodes)
    program = lowered(graph)
    kinds = {step.node.op.kind for step in program.steps}
    assert kinds & {"concat", "slice"}, why
    build = mote.compile(graph, "host")
    x = random_inputs(build.graph, 1)
    np.testing.assert_array_equal(build.run(x), reference.run(graph, x)["y"])


def test_an_output_that_goes_into_a_concatenation_is_copied() -> None:
    nodes = [("a", RELU, ("x",)), ("b", RELU, ("x",)), ("y", Concat(1), ("a", "b"))]
    program = lowered(chain(*nodes, outputs=("y", "b")))
    assert [step.node.name for step in program.steps] == ["a", "b", "y"]


def test_a_buffer_of_one_row_has_the_rows_that_layers_see_in_it() -> None:
    flat = Tensor("flat", (1, 72), DType.INT8, Q)
    plane = Tensor("plane", (1, 6, 4, 3), DType.INT8, Q)
    nodes = (
        Node("reshape", Reshape(plane.shape), ("flat",), "plane"),
        Node("relu", RELU, ("plane",), "y"),
    )
    tensors = {t.name: t for t in (flat, plane, replace(plane, name="y"))}
    strips = network(lowered(Graph("g", tensors, nodes, ("flat",), ("y",)))).strips
    assert (strips["flat"].rows, strips["flat"].row_bytes) == (6, 12)


def rows_graph(seed: int) -> Graph:
    """Random layers between which rows are cut out and put together."""
    rng = np.random.default_rng([seed, 77])
    maker = Maker(rng)
    shape = (1, int(rng.integers(4, 12)), int(rng.integers(2, 8)), int(rng.choice([2, 4, 8])))
    x = maker.input(shape)
    for _ in range(int(rng.integers(3, 9))):
        match int(rng.integers(4)):
            case 0:
                x = cut_rows(maker, x)
            case 1:
                x = join_rows(maker, x)
            case _:
                x = maker.layer(x)
    unread = {n.output for n in maker.nodes} - {t for n in maker.nodes for t in n.inputs}
    tensors = {t.name: t for t in maker.tensors}
    outputs = tuple(dict.fromkeys([x.name, *sorted(unread)]))
    graph = Graph(f"rows_{seed}", tensors, tuple(maker.nodes), tuple(maker.inputs), outputs)
    verify(graph)
    return graph


def cut_rows(maker: Maker, x: Tensor) -> Tensor:
    first = int(maker.rng.integers(x.shape[1]))
    last = int(maker.rng.integers(first + 1, x.shape[1] + 1))
    op = Slice((0, first, 0, 0), (1, last, *x.shape[2:]), (1, 1, 1, 1))
    return maker.add(op, [x], x.quantization)


def join_rows(maker: Maker, x: Tensor) -> Tensor:
    """With earlier planes of the same width and depth, at times as one long list of pixels."""
    rng = maker.rng
    others = [t for t in maker.tensors if len(t.shape) == 4 and t.shape[2:] == x.shape[2:]]
    operands = [x]
    for other in (others[int(i)] for i in rng.integers(len(others), size=int(rng.integers(1, 3)))):
        if other.is_constant or other.shape[1] > 40:
            continue
        if rng.random() < 0.7 or other.quantization != x.quantization:
            other = maker.add(Quantize(), [other], x.quantization)
        operands.append(other)
    height = sum(t.shape[1] for t in operands)
    if rng.random() < 0.6:
        return maker.add(Concat(1), operands, x.quantization)
    lists = [
        maker.add(Reshape((1, t.shape[1] * t.shape[2], t.shape[3])), [t], x.quantization)
        for t in operands
    ]
    joined = maker.add(Concat(1), lists, x.quantization)
    return maker.add(Reshape((1, height, *x.shape[2:])), [joined], x.quantization)


def compare(builds: list[Build]) -> None:
    for build, model in load_together(builds):
        sample = random_inputs(build.graph, int(build.graph.name.split("_")[1]))
        bad = differing(build.graph, model.trace(sample), sample)
        assert not bad, f"{build.graph.name}: {bad} differ"


@pytest.mark.parametrize("choose", [one_row, some_rows, None])
def test_random_rows_give_the_bytes_of_the_reference(choose: Choice | None) -> None:
    """Layer by layer in calls of some rows; without a choice, in the order of the fewest bytes."""
    builds = []
    parts = 0
    for seed in range(18):
        graph = replace(rows_graph(seed), name=f"rows_{seed}")
        core = ("host", "cortex-m4")[seed % 2]
        build = (
            build_by_rows(graph, core, choose)
            if choose
            else mote.compile(graph, core, optimize="ram")
        )
        parts += sum(alias.offset > 0 for alias in build.program.aliases)
        builds.append(build)
    assert parts > 20
    compare(builds)
