"""Float graphs become int8 graphs that predict the same, and obey every operator's rules."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

import mote
from float_graphs import build
from mote import reference
from mote.errors import InputError, UnsupportedModelError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Padding,
    Relu,
    Reshape,
    Rounding,
    Softmax,
)
from mote.ir.text import format_graph
from mote.lower.lower import lower
from mote.quantization import quantize, to_integers, to_reals
from mote.target import CORES

SAME = Padding(1, 1, 1, 1)


def network() -> Graph:
    """A small residual network with random centred weights."""
    graph = build(
        (1, 8, 8, 2),
        [
            ("conv", Conv2D(padding=SAME), "x"),
            ("bn", BatchNorm(), "conv"),
            ("relu", Relu(), "bn"),
            ("dw", DepthwiseConv2D(padding=SAME), "relu"),
            ("sum", Add(), "dw relu"),
            ("pool", MaxPool2D(kernel=(2, 2), stride=(2, 2)), "sum"),
            ("pad", Pad(paddings=((0, 0), (1, 1), (1, 1), (0, 0))), "pool"),
            ("average", AveragePool2D(kernel=(3, 3)), "pad"),
            ("mean", Mean(), "average"),
            ("fc", FullyConnected(), "mean"),
            ("probabilities", Softmax(), "fc"),
        ],
        outputs=("fc", "probabilities"),
    )
    random = np.random.default_rng(7)
    layers = {"conv", "dw", "fc"}
    return graph.rebuild(
        graph.nodes,
        [
            replace(t, data=random.normal(size=t.shape).astype(np.float32))
            for t in graph.tensors.values()
            if t.is_constant and t.name.split(".")[0] in layers
        ],
    )


def images(count: int, shape: Sequence[int] = (8, 8, 2), seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)


def predict(graph: Graph, sample: np.ndarray, output: str) -> np.ndarray:
    """The real values of one output, for a float or an int8 graph."""
    x = graph.tensors[graph.inputs[0]]
    y = graph.tensors[output]
    if x.dtype is DType.FLOAT32:
        return reference.run(graph, [sample])[output]
    return to_reals(reference.run(graph, [to_integers(sample, x.q)])[output], y.q)


def test_predictions_keep_a_signal_to_noise_ratio_of_20_db() -> None:
    """Uniform 8-bit noise alone leaves about 40 dB; 20 dB bounds a few layers of it."""
    graph = network()
    quantized = quantize(graph, images(64))
    held_out = images(64, seed=4)
    pairs = [
        (predict(graph, sample[None], "fc"), predict(quantized, sample[None], "fc"))
        for sample in held_out
    ]
    signal = sum(float((real**2).sum()) for real, _ in pairs)
    noise = sum(float(((real - int8) ** 2).sum()) for real, int8 in pairs)
    assert 10 * np.log10(signal / noise) >= 20


def test_inputs_outputs_and_every_value_between_are_int8() -> None:
    quantized = quantize(network(), images(8))
    for tensor in quantized.tensors.values():
        if not tensor.is_constant:
            assert tensor.dtype is DType.INT8
            assert tensor.q.axis is None
    assert quantized.outputs == ("fc", "probabilities")
    assert quantized.tensors["probabilities"].q == Quantization((1 / 256,), (-128,))


def test_weights_are_symmetric_per_channel_and_biases_have_the_products_scale() -> None:
    quantized = quantize(network(), images(8))
    for node in quantized.nodes:
        if not isinstance(node.op, Conv2D | DepthwiseConv2D | FullyConnected):
            continue
        x, weight, bias = quantized.operands(node)
        assert node.op.rounding is Rounding.SINGLE
        assert weight.q.axis == (3 if isinstance(node.op, DepthwiseConv2D) else 0)
        assert bias.dtype is DType.INT32
        np.testing.assert_allclose(bias.q.scales, x.q.scale * np.array(weight.q.scales), rtol=2e-7)


def test_pools_pads_and_reshapes_share_the_scale_of_their_operand() -> None:
    quantized = quantize(network(), images(8))
    for name in ("pool", "pad", "average"):
        node = quantized.producer(name)
        assert node is not None
        assert quantized.operands(node)[0].q == quantized.result(node).q
    assert quantized.tensors["mean"].q != quantized.tensors["average"].q


def test_a_layer_before_a_maximum_spends_no_steps_on_what_the_maximum_drops() -> None:
    layers: list[tuple[str, Op, str]] = [
        ("conv", Conv2D(), "x"),
        ("pool", MaxPool2D(kernel=(6, 6)), "conv"),
    ]
    graph = build((1, 8, 8, 2), layers)
    samples = images(16)
    quantized = quantize(graph, samples)
    dropped = [predict(graph, s[None], "conv").min() for s in samples]
    kept = [predict(graph, s[None], "pool").min() for s in samples]
    q = quantized.tensors["conv"].q
    least = (-128 - q.zero_point) * q.scale
    assert min(dropped) < least
    assert least <= min(0, *kept) + q.scale / 2


def test_the_same_samples_give_the_same_graph_bit_for_bit() -> None:
    first, second = (quantize(network(), images(8)) for _ in range(2))
    assert format_graph(first) == format_graph(second)
    assert all(t.quantization == second.tensors[n].quantization for n, t in first.tensors.items())


def awkward() -> Graph:
    """Batch norms and clamps that no layer can take."""
    return build(
        (1, 6, 6, 4),
        [
            ("bn", BatchNorm(), "x"),
            ("conv", Conv2D(padding=SAME), "bn"),
            ("relu", Relu(), "conv"),
            ("sum", Add(), "conv relu"),
            ("mean", Mean(keep_dims=True), "sum"),
            ("flat", Reshape(to=(1, 4)), "mean"),
            ("bn2", BatchNorm(), "flat"),
            ("relu2", Relu(), "bn2"),
            ("fc", FullyConnected(), "relu2"),
            ("relu3", Relu(), "fc"),
        ],
        outputs=("fc", "relu3"),
    )


@pytest.mark.parametrize("make", [network, awkward])
def test_the_compiled_graph_gives_the_bytes_of_the_reference(make: Callable[[], Graph]) -> None:
    graph = make()
    shape = graph.tensors["x"].shape[1:]
    quantized = quantize(graph, images(16, shape))
    x = to_integers(images(8, shape, seed=5), quantized.tensors["x"].q)
    found = mote.compile(quantized, target="host").run_samples([(sample[None],) for sample in x])
    for sample, outputs in zip(x, found, strict=True):
        expected = reference.run(quantized, [sample[None]])
        for name, output in zip(quantized.outputs, outputs, strict=True):
            np.testing.assert_array_equal(output, expected[name])


def one_layer(weight: np.ndarray, bias: np.ndarray) -> Graph:
    graph = build((1, 2), [("fc", FullyConnected(), "x")])
    changed = [
        Tensor(name, array.shape, DType.FLOAT32, data=array.astype(np.float32))
        for name, array in (("fc.0", weight), ("fc.1", bias))
    ]
    return graph.rebuild(graph.nodes, changed)


def test_channels_without_weights_still_return_their_bias() -> None:
    weight = np.array([[1, -1], [0, 0], [0, 0], [1e-9, 0]])
    graph = one_layer(weight, np.array([0, 0, 3, 2]))
    samples = np.array([[1, 0], [0, 1], [-1, 0.5]], np.float32)
    quantized = quantize(graph, samples)
    step = quantized.tensors["fc"].q.scale
    for sample in samples:
        real, int8 = (predict(g, sample[None], "fc") for g in (graph, quantized))
        assert np.abs(real - int8).max() <= step


def great_weights_on_small_inputs() -> Graph:
    graph = build((1, 4, 4, 4), [("dw", DepthwiseConv2D(), "x")])
    weight = graph.tensors["dw.0"].array.copy()
    weight[..., 1] *= 1000
    bias = np.zeros(4, np.float32)
    tensors = [Tensor("dw.0", weight.shape, DType.FLOAT32, data=weight)]
    tensors.append(Tensor("dw.1", bias.shape, DType.FLOAT32, data=bias))
    return graph.rebuild(graph.nodes, tensors)


def test_great_weights_on_small_inputs_do_not_coarsen_the_whole_layer() -> None:
    graph = great_weights_on_small_inputs()
    samples = images(16, (4, 4, 4)) * np.array([1, 1e-3, 1, 1], np.float32)
    quantized = quantize(graph, samples)
    results = np.stack([predict(graph, s[None], "dw") for s in samples])
    step = quantized.tensors["dw"].q.scale
    assert step <= 1.1 * (results.max() - results.min()) / 255
    x = to_integers(samples, quantized.tensors["x"].q)
    found = mote.compile(quantized, target="host").run_samples([(s[None],) for s in x])
    for sample, (output,) in zip(x, found, strict=True):
        np.testing.assert_array_equal(output, reference.run(quantized, [sample[None]])["dw"])


def test_values_that_are_always_zero_stay_zero() -> None:
    graph = one_layer(np.zeros((4, 2)), np.zeros(4))
    quantized = quantize(graph, np.zeros((3, 2), np.float32))
    assert not predict(quantized, np.ones((1, 2), np.float32), "fc").any()


def test_a_layer_called_twice_keeps_one_copy_of_its_weights() -> None:
    graph = build((1, 4), [("a", FullyConnected(), "x"), ("b", FullyConnected(), "a")])
    nodes = [replace(n, inputs=(n.inputs[0], "a.0", "a.1")) for n in graph.nodes]
    quantized = quantize(graph.rebuild(nodes), images(4, (4,)))
    first, second = quantized.nodes
    assert first.inputs[1] == second.inputs[1]
    assert first.inputs[2] != second.inputs[2]  # the bias has the scale of each input


def test_constant_operands_are_quantised_with_their_own_range() -> None:
    graph = build((1, 4), [("sum", Add(), "x x")])
    offset = Tensor("offset", (4,), DType.FLOAT32, data=np.array([5, -1, 0, 2], np.float32))
    nodes = [replace(graph.nodes[0], inputs=("x", "offset"))]
    graph = graph.rebuild(nodes, [offset])
    samples = images(20, (4,))
    quantized = quantize(graph, samples)
    step = quantized.tensors["sum"].q.scale
    for sample in samples:
        real, int8 = (predict(g, sample[None], "sum") for g in (graph, quantized))
        assert np.abs(real - int8).max() <= 2 * step


def test_graphs_of_reshapes_alone_keep_one_scale() -> None:
    graph = build((1, 4), [("a", Reshape(to=(1, 2, 2, 1)), "x"), ("b", Reshape(to=(1, 4)), "a")])
    quantized = quantize(graph, images(4, (4,)))
    assert len({t.q for t in quantized.tensors.values()}) == 1


def test_progress_grows_to_its_end() -> None:
    seen: list[tuple[int, int]] = []
    quantize(network(), images(3), progress=lambda done, total: seen.append((done, total)))
    done, totals = zip(*seen, strict=True)
    assert list(done) == sorted(set(done))
    assert set(totals) == {done[-1]}


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (images(3)[:, :7], "have shape [3, 7, 8, 2], allowed: [multiple of 1, 8, 8, 2]"),
        (images(0), "have shape [0, 8, 8, 2]"),
        (images(2).astype(np.int8), "are int8, allowed: float32"),
        (np.full((1, 8, 8, 2), np.nan, np.float32), "contain NaN or infinity"),
        ([images(2), images(2)], "needs samples for 1 inputs (x), found 2"),
        ([[1.0, 2.0]], "are a list, allowed: a numpy array"),
        (memoryview(images(2)), "are a memoryview, allowed: a numpy array"),
        (np.float32(1.0)[()], "are a float32, allowed: a numpy array"),
        (np.array(1, np.float32), "have shape [], allowed"),
    ],
)
def test_samples_that_do_not_fit_are_refused(samples: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        quantize(network(), samples)  # type: ignore[arg-type]
    assert message in caught.value.message()


@pytest.mark.parametrize(
    ("weight", "sample", "tensor"),
    [(1e17, 100, "fc"), (1e18, 3e38, "fc"), (1, 3e38, "x")],
    ids=["beyond the bound", "beyond float32", "in the samples"],
)
def test_values_without_bound_are_reported_by_tensor(
    weight: float, sample: float, tensor: str
) -> None:
    graph = one_layer(np.full((4, 2), weight), np.zeros(4))
    with pytest.raises(InputError, match=f"tensor '{tensor}'"):
        quantize(graph, np.full((1, 2), sample, np.float32))


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1e19])
def test_weights_without_bound_are_reported_by_name(weight: float) -> None:
    graph = one_layer(np.full((4, 2), weight), np.zeros(4))
    with pytest.raises(UnsupportedModelError, match=r"constant 'fc\.0'"):
        quantize(graph, images(2, (2,)))


def test_a_batch_norm_of_negative_variance_is_reported_not_warned_of() -> None:
    graph = build((1, 4), [("fc", FullyConnected(), "x"), ("bn", BatchNorm(), "fc")])
    variance = Tensor("bn.3", (4,), DType.FLOAT32, data=np.full(4, -1, np.float32))
    with pytest.raises(UnsupportedModelError, match=r"constant 'fc\.0'"):
        quantize(graph.rebuild(graph.nodes, [variance]), images(2, (4,)))


def magnitude(rng: np.random.Generator) -> float:
    """Mostly ordinary, often far from it, sometimes beyond what can be quantised."""
    return float(10.0 ** (rng.uniform(-3, 3) if rng.random() < 0.6 else rng.uniform(-40, 19)))


def extreme_graph(rng: np.random.Generator) -> Graph:
    """Convolutions, additions and softmaxes whose constants differ by any order of magnitude."""
    tensors = {"x": Tensor("x", (1, 3, 3, 2), DType.FLOAT32)}
    nodes: list[Node] = []
    while len(nodes) < 3:
        name, last = f"n{len(nodes)}", nodes[-1].output if nodes else "x"
        activation = list(Activation)[int(rng.integers(4))]
        shapes: list[tuple[int, ...]]
        op, shapes = [
            (Conv2D(activation=activation), [(2, 1, 1, 2), (2,)]),
            (Add(activation=activation), [(2,)]),
            (Softmax(), []),
        ][int(rng.choice(3, p=(0.6, 0.3, 0.1)))]
        constants = [
            Tensor(
                f"{name}.{i}",
                shape,
                DType.FLOAT32,
                data=(rng.normal(size=shape) * magnitude(rng)).astype(np.float32)
                * np.float32(rng.random() < 0.8),
            )
            for i, shape in enumerate(shapes)
        ]
        tensors |= {t.name: t for t in constants}
        tensors[name] = Tensor(name, (1, 3, 3, 2), DType.FLOAT32)
        nodes.append(Node(name, op, (last, *(t.name for t in constants)), name))
    return Graph("extreme", tensors, tuple(nodes), ("x",), (nodes[-1].output,))


def test_any_float_graph_compiles_or_is_refused_with_a_message() -> None:
    rng = np.random.default_rng(11)
    compiled = 0
    for _ in range(150):
        graph = extreme_graph(rng)
        samples = images(4, (3, 3, 2)) * np.float32(magnitude(rng))
        try:
            quantized = quantize(graph, samples)
        except (InputError, UnsupportedModelError):
            continue
        lower(quantized, CORES["cortex-m4"])
        reference.run(quantized, [np.full((1, 3, 3, 2), -128, np.int8)])
        compiled += 1
    assert compiled >= 100


def test_shared_weights_and_biases_of_one_last_name_stay_apart() -> None:
    graph = build((1, 4), [("a", FullyConnected(), "x"), ("b", FullyConnected(), "a")])
    w, b = (graph.tensors[t] for t in ("a.0", "a.1"))
    same = [replace(w, name="first.p"), replace(b, name="second.p")]
    nodes = [replace(n, inputs=(n.inputs[0], "first.p", "second.p")) for n in graph.nodes]
    norm = build((1, 4), [("bn", BatchNorm(), "x")])
    norms = [
        Node(f"bn_{y}", BatchNorm(epsilon=e), (y, *norm.nodes[0].inputs[1:]), f"bn_{y}")
        for y, e in (("a", 0.1), ("b", 0.3))
    ]
    nodes = [nodes[0], norms[0], replace(nodes[1], inputs=("bn_a", *nodes[1].inputs[1:])), norms[1]]
    results = [replace(graph.tensors["b"], name=f"bn_{y}") for y in "ab"]
    constants = [t for t in norm.tensors.values() if t.is_constant]
    graph = replace(graph, outputs=("bn_b",)).rebuild(nodes, [*same, *results, *constants])
    samples = images(50, (4,))
    quantized = quantize(graph, samples)
    step = quantized.tensors["bn_b"].q.scale
    for sample in samples:
        real, int8 = (predict(g, sample[None], "bn_b") for g in (graph, quantized))
        assert np.abs(real - int8).max() <= 8 * step


def test_an_int8_graph_is_not_quantised_again() -> None:
    with pytest.raises(UnsupportedModelError, match="needs no quantisation"):
        quantize(quantize(network(), images(2)), images(2))
