"""Running a graph: every operator has a meaning, and inputs that do not fit are refused."""

import numpy as np
import pytest

from litert_oracle import one_node
from mote.errors import InputError
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import OPS, Add
from mote.reference import EVALUATORS, run

Q = Quantization((0.5,), (0,))
GRAPH = one_node(
    Add(),
    [Tensor("a", (1, 3), DType.INT8, Q), Tensor("b", (1, 3), DType.INT8, Q)],
    Q,
    DType.INT8,
)


def test_every_operator_has_a_meaning() -> None:
    assert set(EVALUATORS) == set(OPS)


def test_every_activation_is_returned_by_name() -> None:
    a, b = np.array([[1, 2, 3]], np.int8), np.array([[4, 5, 127]], np.int8)
    values = run(GRAPH, [a, b])
    assert set(values) == {"a", "b", "y"}
    np.testing.assert_array_equal(values["y"], [[5, 7, 127]])


def test_the_wrong_number_of_inputs_is_refused() -> None:
    with pytest.raises(InputError, match="takes 2 inputs"):
        run(GRAPH, [])


def test_all_inputs_that_do_not_fit_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        run(GRAPH, [np.zeros((3, 1), np.int8), np.zeros((1, 3), np.float32)])
    assert caught.value.details == (
        "input 'a' is int8[3, 1], allowed: int8[1, 3]",
        "input 'b' is float32[1, 3], allowed: int8[1, 3]",
    )
