"""Equalisation and absorption keep the float function, and leave less to lose to quantisation."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mote.ir import DType, Graph, Tensor
from mote.ir.ops import Activation, FullyConnected
from mote.quantization import QuantizationConfig, quantize_with_report
from mote.quantization.absorb import absorb_high_biases
from mote.quantization.equalize import TiedSet, balance, equalize, rescaled, tied_sets
from mote.quantization.evaluation import run_outputs
from mote.quantization.observe import ChannelRange, observe_channels
from quantization_graphs import chain, means, mobile, network, samples

PLAIN = QuantizationConfig(
    calibration="min-max", search_weight_scales=False, equalize=False, correct_bias=False
)


def channels_of(graph: Graph, x: np.ndarray) -> dict[str, ChannelRange]:
    return observe_channels(graph, (x,), lambda done: None)


def imbalanced(graph: Graph, spread: float = 5.0, seed: int = 0) -> Graph:
    """The same function with channels from 2**-spread to 2**spread times as large."""
    random = np.random.default_rng(seed)
    for tied in tied_sets(graph):
        graph = rescaled(graph, tied, np.exp2(random.uniform(-spread, spread, tied.channels)))
    return graph


def assert_same_function(first: Graph, second: Graph, x: np.ndarray, tolerance: float) -> None:
    (a,), (b,) = (run_outputs(graph, (x,)) for graph in (first, second))
    assert np.abs(a - b).max() <= tolerance * np.abs(a).max()


@pytest.mark.parametrize("make", [mobile, chain, means])
@pytest.mark.parametrize("granularity", ["per-channel", "per-tensor"])
def test_the_float_function_stays(make: Callable[[], Graph], granularity: str) -> None:
    graph = imbalanced(make())
    x = samples(graph, 20)
    equal, _ = equalize(graph, channels_of(graph, x), granularity)  # type: ignore[arg-type]
    assert_same_function(graph, equal, samples(graph, 20, seed=9), 1e-5)
    assert any(
        not np.array_equal(t.array, graph.tensors[t.name].array)
        for t in equal.tensors.values()
        if t.is_constant
    )


@pytest.mark.parametrize("make", [mobile, chain, means])
def test_the_ranges_that_it_returns_are_those_of_the_new_graph(make: Callable[[], Graph]) -> None:
    graph = imbalanced(make())
    x = samples(graph, 20)
    equal, predicted = equalize(graph, channels_of(graph, x), "per-channel")
    for name, found in channels_of(equal, x).items():
        np.testing.assert_allclose(predicted[name].low, found.low, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(predicted[name].high, found.high, rtol=1e-3, atol=1e-4)


def test_residual_sums_pads_and_pools_are_scaled_together() -> None:
    found = {tied.tensors: tied for tied in tied_sets(mobile())}
    assert set(found) == {
        ("stem",),
        ("project0", "project1", "sum"),
        ("expand1",),
        ("dw1",),
        ("expand2", "pad", "pool"),
        ("dw2",),
        ("head", "average", "flat"),
    }
    residual = found["project0", "project1", "sum"]
    assert residual.producers == ("project0", "project1")
    assert residual.consumers == ("expand1", "expand2")


def test_channels_of_a_flattened_plane_keep_their_factor() -> None:
    assert TiedSet(6, ("c", "flat"), ("c",), ("d",)) in tied_sets(chain())


def test_inputs_and_outputs_are_left_alone() -> None:
    assert not {"x", "fc"} & {name for tied in tied_sets(mobile()) for name in tied.tensors}


def test_layers_that_share_weights_are_left_alone() -> None:
    names = ("a", "b", "c", "d")
    layers = [(n, FullyConnected(), o, (4, 4)) for n, o in zip(names, ("x", *names), strict=False)]
    graph = network((1, 4), layers)
    assert [tied.tensors for tied in tied_sets(graph)] == [("a",), ("b",), ("c",)]
    shared = graph.rebuild(
        replace(n, inputs=(n.inputs[0], "a.w", "a.b")) if n.name == "b" else n for n in graph.nodes
    )
    assert [tied.tensors for tied in tied_sets(shared)] == [("c",)]


def test_the_factors_of_equation_11_make_both_ranges_equal() -> None:
    random = np.random.default_rng(0)
    r1, r2 = random.uniform(0.01, 10, (2, 30))
    s = balance(r1, r2)
    np.testing.assert_allclose(r1 / s, r2 * s)
    np.testing.assert_allclose(r1 / s, np.sqrt(r1 * r2))
    assert balance(np.array([0.0, 1.0]), np.array([1.0, 0.0])).tolist() == [1, 1]


def test_a_depthwise_reader_leaves_every_channel_the_whole_range() -> None:
    graph = imbalanced(mobile())
    _, found = equalize(graph, channels_of(graph, samples(graph, 20)), "per-channel")
    greatest = found["expand1"].high
    np.testing.assert_allclose(greatest, greatest.max(), rtol=1e-3)


@pytest.mark.parametrize("granularity", ["per-channel", "per-tensor"])
def test_an_imbalanced_network_loses_nothing_to_its_imbalance(granularity: str) -> None:
    graph = imbalanced(mobile())
    x = samples(graph, 40)

    def last_sqnr(graph: Graph, *, equalized: bool = False) -> float:
        config = replace(PLAIN, granularity=granularity, equalize=equalized)
        return quantize_with_report(graph, x, config)[1].layers[-1].result.sqnr_db

    assert last_sqnr(graph) < 15
    assert last_sqnr(graph, equalized=True) > 25
    assert last_sqnr(graph, equalized=True) > last_sqnr(mobile()) - 3


def test_clamps_at_6_stay_exact_on_the_samples() -> None:
    """Channels are made small, so that most never reach the clamp; some do."""
    graph = mobile(Activation.RELU6)
    random = np.random.default_rng(4)
    scaled = [
        replace(t, data=t.array * (2.0 ** random.uniform(-6, 2, len(t.array))).astype(np.float32))
        if t.name.startswith("expand") and t.name.endswith(".b")
        else t
        for t in graph.tensors.values()
    ]
    factors = np.exp2(random.uniform(-5, 3, 18)).astype(np.float32)
    scaled = [
        replace(t, data=t.array * factors.reshape(-1, *(1,) * (len(t.shape) - 1)))
        if t.name in ("expand1.w", "expand1.b")
        else t
        for t in scaled
    ]
    graph = graph.rebuild(graph.nodes, scaled)
    x = 3 * samples(graph, 40)
    before = channels_of(graph, x)
    met = before["expand1"].high >= 6 - 1e-5
    assert met.any()
    assert not met.all()
    equal, after = equalize(graph, before, "per-channel")
    assert_same_function(graph, equal, x, 1e-5)
    np.testing.assert_allclose(after["expand1"].high[met], 6, rtol=1e-5)
    assert after["expand1"].high[~met].min() > 1.5 * before["expand1"].high[~met].min()


def with_high_biases(graph: Graph) -> Graph:
    bias = graph.tensors["a.b"]
    return graph.rebuild(graph.nodes, [replace(bias, data=bias.array + np.float32(20))])


def test_high_biases_move_to_the_next_layer_without_a_change_of_function() -> None:
    graph = with_high_biases(means())
    x = samples(graph, 30)
    before = channels_of(graph, x)
    absorbed = absorb_high_biases(graph, before)
    assert_same_function(graph, absorbed, x, 1e-5)
    after = channels_of(absorbed, x)
    np.testing.assert_allclose(after["a"].low, 0, atol=1e-4)
    np.testing.assert_allclose(
        after["a"].high, before["a"].high - before["a"].low, rtol=1e-3, atol=1e-3
    )


def test_a_padded_reader_keeps_the_bias_where_it_is() -> None:
    graph = mobile()
    bias = graph.tensors["expand1.b"]
    graph = graph.rebuild(graph.nodes, [replace(bias, data=bias.array + np.float32(20))])
    absorbed = absorb_high_biases(graph, channels_of(graph, samples(graph, 20)))
    np.testing.assert_array_equal(
        absorbed.tensors["expand1.b"].array, graph.tensors["expand1.b"].array
    )


def test_channels_that_are_always_0_do_not_coarsen_the_others() -> None:
    """Great weights on a channel that no sample switches on, as trained networks have them."""
    graph = mobile()

    def changed(name: str, index: tuple[object, ...], value: float) -> Tensor:
        data = graph.tensors[name].array.copy()
        data[index] = value
        return Tensor(name, data.shape, DType.FLOAT32, data=data)

    idle = [
        changed("expand1.w", (slice(0, 3),), 1e-4),
        changed("expand1.b", (slice(0, 3),), -1.0),
        changed("dw1.w", (..., slice(0, 3)), 5000.0),
    ]
    graph = graph.rebuild(graph.nodes, idle)
    x = samples(graph, 40)
    _, report = quantize_with_report(graph, x, QuantizationConfig())
    assert report.layers[-1].result.sqnr_db > 25


def test_quantising_twice_gives_the_same_weights() -> None:
    graph, x = imbalanced(chain()), samples(chain(), 20)
    first, second = (equalize(graph, channels_of(graph, x), "per-channel")[0] for _ in range(2))
    for tensor in first.tensors.values():
        if tensor.is_constant:
            np.testing.assert_array_equal(tensor.array, second.tensors[tensor.name].array)


def test_a_graph_without_pairs_of_layers_stays_as_it_is() -> None:
    graph = network((1, 4), [("fc", FullyConnected(), "x", (3, 4))])
    assert equalize(graph, channels_of(graph, samples(graph, 4)), "per-channel")[0] == graph
