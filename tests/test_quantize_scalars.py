"""Single numbers, values without dimensions, are quantised as others are."""

import numpy as np

import mote
from mote.ir.ops import FullyConnected, Function, Reshape, Unary
from mote.quantization import Goal, QuantizationConfig, choose_precision, quantize, to_reals
from mote.quantization.accuracy import integer_inputs
from mote.quantization.evaluation import run_outputs
from quantization_graphs import network


def test_a_single_number_is_a_result_and_an_input_like_others() -> None:
    """``squeeze`` at the end of a regression gives one, for a batch of 1."""
    vector = network(
        (1, 8),
        [("fc", FullyConnected(), "x", (1, 8)), ("y", Reshape(to=()), "fc", ())],
    )
    number = network((), [("y", Unary(Function.TANH), "x", ())])
    for graph, shape in ((vector, (40, 8)), (number, (40,))):
        samples = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        integer = quantize(graph, samples)
        assert integer.tensors["y"].shape == ()
        (wanted,), (found,) = (
            run_outputs(graph, [samples]),
            run_outputs(integer, integer_inputs(integer, [samples])),
        )
        assert wanted.shape == found.shape == (40,)
        assert np.abs(to_reals(found, integer.tensors["y"].q) - wanted).max() < 0.05
        assert mote.compile(integer, "cortex-m4").files


def test_precision_is_chosen_for_a_network_of_one_number() -> None:
    graph = network((1, 8), [("fc", FullyConnected(), "x", (1, 8)), ("y", Reshape(), "fc", ())])
    samples = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    choice = choose_precision(graph, samples, QuantizationConfig(), Goal(min_sqnr_db=10))
    assert choice.graph.tensors["y"].shape == ()
