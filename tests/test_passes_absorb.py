"""Float operators between dequantize and quantize nodes become integer ones: printed IR."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Add, Concat, Dequantize, FullyConnected, Op, Quantize, Reshape, Softmax
from mote.ir.text import format_node
from mote.passes.absorb_quantization import absorb_quantization
from mote.passes.remove_dead_nodes import remove_dead_nodes
from mote.passes.remove_identity import remove_identity

X, Y = Quantization((0.5,), (3,)), Quantization((0.25,), (-5,))


def activation(name: str, shape: tuple[int, ...], q: Quantization | None = None) -> Tensor:
    return Tensor(name, shape, DType.FLOAT32 if q is None else DType.INT8, q)


def graph(
    nodes: Sequence[tuple[str, Op, str]], tensors: Sequence[Tensor], outputs: Sequence[str]
) -> Graph:
    """A graph of (result, operator, operands); the tensors that no node writes are its inputs."""
    made = tuple(Node(f"n_{name}", op, tuple(x.split()), name) for name, op, x in nodes)
    written = {n.output for n in made}
    inputs = [t.name for t in tensors if t.name not in written and not t.is_constant]
    found = Graph("g", {t.name: t for t in tensors}, made, tuple(inputs), tuple(outputs))
    verify(found)
    return found


def absorbed(before: Graph) -> str:
    after = absorb_quantization(before)
    verify(after)
    after = remove_dead_nodes(remove_identity(after))
    verify(after)
    return "".join(format_node(after, n) + "\n" for n in after.nodes)


def test_a_softmax_has_its_own_scale_and_is_scaled_to_the_models() -> None:
    before = graph(
        [("r", Dequantize(), "x"), ("s", Softmax(), "r"), ("y", Quantize(), "s")],
        [
            activation("x", (1, 4), X),
            activation("r", (1, 4)),
            activation("s", (1, 4)),
            activation("y", (1, 4), Y),
        ],
        ["y"],
    )
    assert absorbed(before) == (
        "s.int8 = softmax() x : int8[1,4] q(0.00390625,-128)\n"
        "y = quantize() s.int8 : int8[1,4] q(0.25,-5)\n"
    )


def test_operands_of_a_concatenation_are_scaled_to_its_result() -> None:
    before = graph(
        [
            ("a", Dequantize(), "x"),
            ("b", Dequantize(), "z"),
            ("c", Concat(1), "a b"),
            ("y", Quantize(), "c"),
        ],
        [
            activation("x", (1, 4), X),
            activation("z", (1, 2), Y),
            activation("y", (1, 6), Y),
            activation("a", (1, 4)),
            activation("b", (1, 2)),
            activation("c", (1, 6)),
        ],
        ["y"],
    )
    assert absorbed(before) == (
        "n_c.operand = quantize() x : int8[1,4] q(0.25,-5)\n"
        "y = concat(axis=1) n_c.operand, z : int8[1,6] q(0.25,-5)\n"
    )


def test_the_scale_of_a_result_is_found_behind_operators_that_move_elements() -> None:
    before = graph(
        [
            ("r", Dequantize(), "x"),
            ("s", Add(), "r r"),
            ("m", Reshape((4, 1)), "s"),
            ("y", Quantize(), "m"),
        ],
        [
            activation("x", (1, 4), X),
            activation("y", (4, 1), Y),
            activation("r", (1, 4)),
            activation("s", (1, 4)),
            activation("m", (4, 1)),
        ],
        ["y"],
    )
    assert absorbed(before) == (
        "s.int8 = add() x, x : int8[1,4] q(0.25,-5)\n"
        "y = reshape(to=(4,1)) s.int8 : int8[4,1] q(0.25,-5)\n"
    )


def test_a_result_that_the_caller_reads_in_float_stays_float() -> None:
    before = graph(
        [("r", Dequantize(), "x"), ("s", Add(), "r r"), ("y", Quantize(), "s")],
        [
            activation("x", (1, 4), X),
            activation("y", (1, 4), Y),
            activation("r", (1, 4)),
            activation("s", (1, 4)),
        ],
        ["y", "s"],
    )
    assert absorbed(before) == (
        "r = dequantize() x : float32[1,4]\n"
        "s = add() r, r : float32[1,4]\n"
        "y = quantize() s : int8[1,4] q(0.25,-5)\n"
    )


def fully_connected(grid: DType | None, bias: float = 1.0) -> Graph:
    weights = np.array([[1, -2], [3, 127]], np.float32) * np.float32(0.5)
    q = None if grid is None else Quantization((0.5,), (0,))
    return graph(
        [
            ("r", Dequantize(), "x"),
            ("s", FullyConnected(), "r w b"),
            ("y", Quantize(), "s"),
        ],
        [
            activation("x", (1, 2), X),
            activation("r", (1, 2)),
            activation("s", (1, 2)),
            activation("y", (1, 2), Y),
            Tensor("w", (2, 2), DType.FLOAT32, q, weights, grid),
            Tensor("b", (2,), DType.FLOAT32, None, np.array([bias, -0.5], np.float32)),
        ],
        ["y"],
    )


def test_weights_on_integers_become_those_integers() -> None:
    after = absorb_quantization(fully_connected(DType.INT8))
    (layer,) = (n for n in after.nodes if isinstance(n.op, FullyConnected))
    _, weight, bias = after.operands(layer)
    np.testing.assert_array_equal(weight.array, [[1, -2], [3, 127]])
    np.testing.assert_array_equal(bias.array, [4, -2])
    assert (weight.dtype, weight.q.scale, bias.dtype) == (DType.INT8, 0.5, DType.INT32)


def test_weights_that_stand_on_no_integers_keep_their_layer_in_float() -> None:
    before = fully_connected(None)
    assert absorb_quantization(before).nodes == before.nodes


def test_a_bias_that_no_integer_holds_keeps_its_layer_in_float() -> None:
    before = fully_connected(DType.INT8, bias=1e30)
    assert absorb_quantization(before).nodes == before.nodes


def test_a_graph_without_quantised_values_is_untouched() -> None:
    before = graph([("y", Add(), "x x")], [activation("x", (2,)), activation("y", (2,))], ["y"])
    assert absorb_quantization(before) is before
