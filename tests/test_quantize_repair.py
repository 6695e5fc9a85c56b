"""Bias correction, adaptive rounding and the statistics behind them."""

from dataclasses import replace

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node
from mote.ir.ops import Activation, Conv2D, DepthwiseConv2D, FullyConnected
from mote.quantization import LayerPrecision, QuantizationConfig, quantize, quantize_with_report
from mote.quantization.adaround import Objective, adaround, rectified_sigmoid, regularizer
from mote.quantization.evaluation import run_outputs
from mote.quantization.moments import Moments, as_groups, from_groups, measure
from mote.quantization.scheme import to_integers, to_reals
from mote.quantization.simulate import Simulation, sample_count
from quantization_graphs import chain, mobile, network, samples

FOUR_BITS = {"*": LayerPrecision(weights="int4")}
LAYERS = ["a", "b", "c", "d"]


def node_of(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.name == name)


def windows_one_by_one(graph: Graph, node: Node, x: np.ndarray) -> list[list[np.ndarray]]:
    """For every group the inputs under every output, by indices alone."""
    weight = graph.operands(node)[1].shape
    if isinstance(node.op, FullyConnected):
        return [list(x)]
    assert isinstance(node.op, Conv2D | DepthwiseConv2D)
    p = node.op.padding
    padded = np.pad(x, ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0)))
    _, kh, kw, _ = weight
    depth = 1 if isinstance(node.op, DepthwiseConv2D) else weight[3]
    _, rows, columns, _ = graph.result(node).shape
    return [
        [
            sample[
                i * node.op.stride[0] : i * node.op.stride[0] + kh,
                j * node.op.stride[1] : j * node.op.stride[1] + kw,
                g * depth : (g + 1) * depth,
            ].ravel()
            for sample in padded
            for i in range(rows)
            for j in range(columns)
        ]
        for g in range(x.shape[3] // depth)
    ]


@pytest.mark.parametrize("name", LAYERS)
def test_moments_are_those_of_the_windows_one_by_one(name: str) -> None:
    graph = chain()
    node = node_of(graph, name)
    random = np.random.default_rng(0)
    shape = (6, *graph.operands(node)[0].shape[1:])
    x = random.normal(1, 2, shape).astype(np.float32)
    y = (x + random.normal(0, 0.3, shape)).astype(np.float32)
    found = measure(graph, node, x, y, covariance=True)
    assert found.covariance is not None
    assert found.cross is not None
    real, quantized = (windows_one_by_one(graph, node, values) for values in (x, y))
    for g, (a, b) in enumerate(zip(real, quantized, strict=True)):
        both = np.concatenate([np.array(b), np.array(a)], axis=1)
        covariance = np.cov(both.T, bias=True)
        k = len(a[0])
        np.testing.assert_allclose(found.mean[g], np.mean(a, axis=0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            found.quantized_mean[g], np.mean(b, axis=0), rtol=1e-4, atol=1e-5
        )
        np.testing.assert_allclose(found.covariance[g], covariance[:k, :k], atol=2e-3)
        np.testing.assert_allclose(found.cross[g], covariance[:k, k:], atol=2e-3)


@pytest.mark.parametrize("name", LAYERS)
def test_grouped_weights_times_windows_are_the_layers_results(name: str) -> None:
    graph = chain()
    node = node_of(graph, name)
    weight, bias = (t.array for t in graph.operands(node)[1:])
    x = np.random.default_rng(1).normal(size=graph.operands(node)[0].shape).astype(np.float32)
    grouped = as_groups(node, weight, x.shape[-1])
    np.testing.assert_array_equal(from_groups(node, grouped, weight.shape), weight)
    windows = windows_one_by_one(graph, node, x)
    sums = [rows @ np.array(w).T for rows, w in zip(grouped, windows, strict=True)]
    found = np.concatenate(sums).T.reshape(graph.result(node).shape) + bias
    alone = replace(node, op=replace(node.op, activation=Activation.NONE))
    sub = Graph("s", graph.tensors, (alone,), (node.inputs[0],), (node.output,))
    expected = run_outputs(sub, (x,))[0]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def problem(rows: int = 5, k: int = 24, seed: int = 0) -> tuple[np.ndarray, Objective]:
    """Weights in steps and an objective of correlated inputs."""
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(2, k, k))
    x = random.normal(size=(2, 400, k)) @ mixing
    noise = x + random.normal(0, 0.2, x.shape)
    covariance = noise.transpose(0, 2, 1) @ noise / 400
    cross = noise.transpose(0, 2, 1) @ x / 400
    zeros = np.zeros((2, k))
    steps = random.uniform(-6.5, 6.5, (2, rows, k))
    return steps, Objective.of(steps, Moments(zeros, zeros, covariance, cross))


def test_the_objective_is_the_squared_error_of_the_results_up_to_a_constant() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(1, 5000, 6)) @ random.normal(size=(6, 6))
    y = x + random.normal(0, 0.4, x.shape)
    x, y = x - x.mean(1), y - y.mean(1)
    moments = Moments(
        np.zeros((1, 6)),
        np.zeros((1, 6)),
        y.transpose(0, 2, 1) @ y / 5000,
        y.transpose(0, 2, 1) @ x / 5000,
    )
    weights = random.normal(size=(1, 3, 6))
    objective = Objective.of(weights, moments)
    one, other = random.normal(size=(2, 1, 3, 6)) * 10

    def error(d: np.ndarray) -> np.ndarray:
        residual = y[0] @ (weights + d)[0].T - x[0] @ weights[0].T
        return (residual**2).mean(0)

    found = objective.errors(one) - objective.errors(other)
    np.testing.assert_allclose(found[0], error(one) - error(other), rtol=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_adaround_stays_on_the_grid_and_never_loses_to_rounding_to_nearest(seed: int) -> None:
    steps, objective = problem(seed=seed)
    found = adaround(steps, objective, 7, 200)
    low = np.clip(np.floor(steps), -7, 6)
    assert (np.isin(found - low, (0, 1))).all()
    assert np.abs(found).max() <= 7
    nearest = np.clip(np.round(steps), -7, 7)
    errors, plain = (objective.errors(w - steps) for w in (found, nearest))
    assert (errors <= plain).all()
    assert errors.sum() < 0.6 * plain.sum()


def test_adaround_comes_close_to_the_best_of_all_roundings() -> None:
    steps, objective = problem(rows=3, k=10)
    found = objective.errors(adaround(steps, objective, 7, 500) - steps)
    choices = np.array(np.meshgrid(*[[0, 1]] * 10)).reshape(10, -1).T
    low = np.floor(steps)
    every = low[:, :, None] + choices
    d = every - steps[:, :, None]
    assert objective.gram is not None
    best = np.einsum("groi,gij,groj->gro", d, objective.gram, d)
    best -= 2 * np.einsum("groi,gri->gro", d, objective.residual)
    spread = np.median(best, axis=2) - best.min(2)
    assert ((found - best.min(2)) <= 0.05 * spread).all()


def test_the_rectified_sigmoid_and_its_regulariser_are_those_of_the_paper() -> None:
    v = np.linspace(-8, 8, 101)
    h = rectified_sigmoid(v)
    expected = np.clip(1 / (1 + np.exp(-v)) * 1.2 - 0.1, 0, 1)
    np.testing.assert_allclose(h, expected)
    assert h[0] == 0
    assert h[-1] == 1
    np.testing.assert_allclose(regularizer(np.array([0, 0.5, 1.0]), 2.0), [0, 1, 0])
    np.testing.assert_allclose(regularizer(np.array([0.25]), 3.0), 1 - 0.5**3)


def result_means(graph: Graph, integers: Graph, x: np.ndarray, name: str) -> np.ndarray:
    """Mean of (integer result - float result) per channel of one layer, as reals."""
    first = replace(graph, outputs=(name,)).rebuild(graph.nodes)
    second = replace(integers, outputs=(name,)).rebuild(integers.nodes)
    real = run_outputs(first, (x,))[0]
    found = run_outputs(second, (to_integers(x, integers.tensors["x"].q),))[0]
    error = to_reals(found, integers.tensors[name].q) - real
    return np.abs(error.reshape(-1, error.shape[-1]).mean(0))


@pytest.mark.parametrize("seed", range(3))
def test_bias_correction_takes_the_mean_error_out_of_every_channel(seed: int) -> None:
    """Rows of a linear layer on inputs with a mean; 4-bit weights shift the results."""
    graph = network(
        (1, 5, 5, 6),
        [
            ("a", Conv2D(), "x", (8, 3, 3, 6)),
            ("b", DepthwiseConv2D(), "a", (1, 2, 2, 8)),
            ("c", Conv2D(), "b", (4, 1, 1, 8)),
        ],
        seed=seed,
    )
    x = samples(graph, 60) + np.float32(2)
    plain = QuantizationConfig(
        search_weight_scales=False, equalize=False, correct_bias=False, layers=FOUR_BITS
    )
    before = quantize(graph, x, plain)
    after = quantize(graph, x, replace(plain, correct_bias=True))
    for name in "abc":
        step = after.tensors[name].q.scale
        assert result_means(graph, after, x, name).max() < 0.2 * step
        assert result_means(graph, before, x, name).max() > step


@pytest.mark.parametrize("layers", [{}, FOUR_BITS], ids=["int8", "int4"])
def test_every_repair_lowers_the_noise(layers: dict[str, LayerPrecision]) -> None:
    graph = mobile()
    x = samples(graph, 40)

    def sqnr(config: QuantizationConfig) -> float:
        return quantize_with_report(graph, x, config)[1].layers[-1].result.sqnr_db

    plain = QuantizationConfig(
        calibration="min-max",
        search_weight_scales=False,
        equalize=False,
        correct_bias=False,
        layers=layers,
    )
    whole = QuantizationConfig(layers=layers)
    assert sqnr(whole) > sqnr(plain) + 2
    assert sqnr(replace(whole, adaround=True, adaround_steps=100)) > sqnr(whole)


def test_adaround_lowers_the_error_that_the_report_states() -> None:
    graph = chain()
    config = QuantizationConfig(layers=FOUR_BITS, adaround=True, adaround_steps=100)
    _, report = quantize_with_report(graph, samples(graph, 40), config)
    for layer in report.layers:
        if layer.weights:
            assert layer.weights.error <= layer.weights.nearest_error


@pytest.mark.parametrize("adaround", [False, True])
def test_the_same_samples_give_the_same_integers(adaround: bool) -> None:
    config = QuantizationConfig(adaround=adaround, adaround_steps=50)
    first, second = (quantize(mobile(), samples(mobile(), 20), config) for _ in range(2))
    assert dict(first.tensors) == dict(second.tensors)
    for name, tensor in first.tensors.items():
        if tensor.is_constant:
            np.testing.assert_array_equal(tensor.array, second.tensors[name].array)


def test_the_simulated_integers_are_those_of_the_reference() -> None:
    graph = mobile()
    x = samples(graph, 12)
    config = QuantizationConfig()
    quantized, report = quantize_with_report(graph, x, config)
    integers = to_integers(x, quantized.tensors["x"].q)
    noise = signal = 0.0
    for real, sample in zip(x, integers, strict=True):
        expected = reference.run(graph, [real[None]])["fc"]
        found = reference.run(quantized, [sample[None]])["fc"]
        noise += float(((to_reals(found, quantized.tensors["fc"].q) - expected) ** 2).sum())
        signal += float((expected**2).sum())
    stated = report.layers[-1].result.sqnr_db
    assert report.samples == 12
    assert abs(10 * np.log10(signal / noise) - stated) < 0.01


def test_many_samples_are_thinned_evenly() -> None:
    graph = network((1, 4), [("fc", FullyConnected(), "x", (2, 4))])
    x = np.arange(4000, dtype=np.float32).reshape(1000, 4)
    assert sample_count(graph, (x,)) == 256
    chosen = Simulation(graph, (x,)).real["x"][:, 0] / 4
    assert (chosen[0], chosen[-1]) == (0, 999)
    assert set(np.diff(chosen)) == {3, 4}


def test_weights_in_four_bits_stay_within_seven() -> None:
    quantized = quantize(chain(), samples(chain(), 10), QuantizationConfig(layers=FOUR_BITS))
    weights = [t for t in quantized.tensors.values() if t.dtype is DType.INT4]
    assert len(weights) == 5
    assert all(np.abs(t.array).max() == 7 for t in weights)
