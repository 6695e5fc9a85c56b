"""Each layer in its own type, conversions at the borders, and refusal of what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

import mote
from mote import reference
from mote.errors import InputError, UnsupportedModelError
from mote.ir import DType, Graph
from mote.ir.ops import (
    Concat,
    Conv2D,
    Dequantize,
    FullyConnected,
    Quantize,
    Softmax,
    Transpose,
    TransposedConv2D,
)
from mote.ir.text import format_node
from mote.quantization import (
    LayerPrecision,
    QuantizationConfig,
    quantize,
    quantize_with_report,
    to_integers,
)
from mote.quantization.accuracy import integer_inputs
from quantization_graphs import chain, mobile, network, samples

INT16 = LayerPrecision(activations="int16")
INT4 = LayerPrecision(weights="int4")
FLOAT = LayerPrecision(activations="float")


def quantized(graph: Graph, **changes: object) -> Graph:
    config = QuantizationConfig(**changes)  # type: ignore[arg-type]
    return quantize(graph, samples(graph, 30), config)


def conversions(graph: Graph) -> list[str]:
    kinds = (Quantize, Dequantize)
    return [
        f"{graph.operands(n)[0].dtype.value} {n.inputs[0]} -> {graph.result(n).dtype.value}"
        for n in graph.nodes
        if isinstance(n.op, kinds)
    ]


def test_an_int16_layer_stands_between_conversions() -> None:
    graph = quantized(chain(), layers={"c": INT16})
    assert conversions(graph) == ["int8 b -> int16", "int16 c -> int8"]
    node = graph.producer("c")
    assert node is not None
    x, weight, bias = graph.operands(node)
    assert (x.dtype, weight.dtype, bias.dtype) == (DType.INT16, DType.INT8, DType.INT64)
    assert (x.q.zero_point, graph.tensors["c"].q.zero_point) == (0, 0)


def test_neighbours_of_one_type_need_no_conversion() -> None:
    assert conversions(quantized(chain(), layers={"[bc]": INT16, "flat": INT16})) == [
        "int8 a -> int16",
        "int16 flat -> int8",
    ]


def test_one_conversion_serves_all_readers() -> None:
    graph = quantized(mobile(), layers={"expand1": INT16, "expand2": INT16, "sum": INT16})
    assert conversions(graph) == [
        "int8 project0 -> int16",
        "int16 expand1 -> int8",
        "int8 project1 -> int16",
        "int16 expand2 -> int8",
    ]


def test_inputs_and_outputs_take_the_type_of_their_layers() -> None:
    graph = quantized(chain(), layers={"*": INT16})
    assert conversions(graph) == []
    assert {t.dtype for t in graph.tensors.values() if not t.is_constant} == {DType.INT16}


def test_the_first_pattern_that_fits_decides() -> None:
    config = QuantizationConfig(layers={"c": INT4, "[a-c]": INT16})
    assert [config.precision(name) for name in "abcd"] == [
        INT16,
        INT16,
        INT4,
        LayerPrecision(),
    ]


def test_int16_activations_and_4_bit_weights_change_the_noise_as_expected() -> None:
    graph = chain()
    x = samples(graph, 40)

    def sqnr(layers: dict[str, LayerPrecision]) -> float:
        report = quantize_with_report(graph, x, QuantizationConfig(layers=layers))[1]
        return report.layers[-1].result.sqnr_db

    eight = sqnr({})
    assert sqnr({"*": INT16}) > eight + 3
    assert sqnr({"*": INT4}) < eight - 10
    both = LayerPrecision(activations="int16", weights="int4")
    assert sqnr({"*": INT4}) - 1 < sqnr({"*": both}) < sqnr({"*": INT16})


MIXTURES: dict[str, dict[str, LayerPrecision]] = {
    "int16": {"*": INT16},
    "int4": {"*": INT4},
    "islands": {"b": INT16, "d": LayerPrecision(activations="int16", weights="int4"), "c": INT4},
}


@pytest.mark.parametrize("mixture", list(MIXTURES))
def test_compiled_mixtures_give_the_bytes_of_the_reference(mixture: str) -> None:
    graph = quantized(chain(), layers=MIXTURES[mixture])
    (x,) = integer_inputs(graph, (samples(graph, 6, seed=8),))
    found = mote.compile(graph, target="host").run_samples([(sample[None],) for sample in x])
    for sample, (output,) in zip(x, found, strict=True):
        expected = reference.run(graph, [sample[None]])[graph.outputs[0]]
        np.testing.assert_array_equal(output, expected)


def test_a_float_layer_stands_between_conversions() -> None:
    graph = quantized(chain(), layers={"c": FLOAT}, allow_float=True)
    assert conversions(graph) == ["int8 b -> float32", "float32 c -> int8"]
    x = to_integers(samples(graph, 1), graph.tensors["x"].q)
    assert reference.run(graph, [x])["c"].dtype == np.float32


def test_a_float_layer_must_be_allowed() -> None:
    with pytest.raises(InputError, match="allow_float=True"):
        QuantizationConfig(layers={"c": FLOAT})


def test_a_pattern_without_a_layer_is_named_with_the_layers_there_are() -> None:
    with pytest.raises(InputError, match=r"'conv_9' are not in g\n  hint: its layers are a, b, c"):
        quantized(chain(), layers={"conv_9": INT16, "a": INT4})


def test_what_has_no_such_form_is_refused_by_name_all_at_once() -> None:
    graph = network(
        (1, 4, 4, 3),
        [
            ("up", TransposedConv2D(), "x", (4, 2, 2, 3)),
            ("down", TransposedConv2D(), "up", (4, 2, 2, 4)),
        ],
    )
    with pytest.raises(UnsupportedModelError) as caught:
        quantized(graph, layers={"*": INT4})
    assert "node 'up': transposed_conv_2d has no int4 weights" in caught.value.message()
    assert "node 'down'" in caught.value.message()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"calibration": "median"}, "calibration is 'median', allowed: min-max, percentile, mse"),
        ({"percentile": 30}, "percentile is 30, allowed: 50 to 100"),
        ({"weights": "asymmetric"}, "weights is 'asymmetric', allowed: symmetric, full-range"),
        ({"adaround_steps": 0}, "adaround_steps is 0"),
        ({"layers": {"a": "int16"}}, r"layers\['a'\] is a str, allowed: LayerPrecision"),
        ({"granularity": 3, "percentile": -1}, "(?s)granularity is 3.*percentile is -1"),
    ],
)
def test_configurations_that_make_no_sense_are_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        QuantizationConfig(**changes)  # type: ignore[arg-type]


def test_unknown_types_are_refused() -> None:
    with pytest.raises(InputError, match="weights is 'int2', allowed: int8, int4"):
        LayerPrecision(weights="int2")  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", ["symmetric", "full-range", "fixed-point", "fixed-point-floor"])
@pytest.mark.parametrize("activations", ["asymmetric", "symmetric", "full-range", "fixed-point"])
@pytest.mark.parametrize("granularity", ["per-channel", "per-tensor"])
def test_every_scheme_gives_a_graph_that_keeps_its_rules(
    weights: str, activations: str, granularity: str
) -> None:
    graph = chain()
    config = QuantizationConfig(
        weights=weights,  # type: ignore[arg-type]
        activations=activations,  # type: ignore[arg-type]
        granularity=granularity,  # type: ignore[arg-type]
    )
    found, report = quantize_with_report(graph, samples(graph, 20), config)
    assert report.layers[-1].result.sqnr_db > 8
    for tensor in found.tensors.values():
        q = tensor.q
        if tensor.dtype is DType.INT8 and tensor.is_constant:
            assert (q.axis is None) == (granularity == "per-tensor")
            assert np.abs(tensor.array.astype(int)).max() <= 127
            if weights.startswith("fixed"):
                assert all(np.log2(s) == np.floor(np.log2(s)) for s in q.scales)
        elif not tensor.is_constant and activations != "asymmetric":
            assert q.zero_point == 0


def concatenation(*, shared: bool) -> Graph:
    """Two layers side by side; one of them has another reader where ``shared``."""
    graph = network(
        (1, 6, 6, 3),
        [
            ("a", Conv2D(), "x", (4, 1, 1, 3)),
            ("b", Conv2D(), "x", (4, 1, 1, 3)),
            ("joined", Concat(axis=3), "a b", ()),
            ("other", Conv2D(), "a" if shared else "joined", (2, 1, 1, 4 if shared else 8)),
            ("last", Conv2D(), "joined", (2, 1, 1, 8)),
        ],
    )
    larger = graph.tensors["b.w"]
    graph = graph.rebuild(graph.nodes, [replace(larger, data=larger.array * np.float32(9))])
    return replace(graph, outputs=("other", "last"))


def test_layers_made_for_a_concatenation_share_its_scale() -> None:
    graph = quantized(concatenation(shared=False), equalize=False)
    assert conversions(graph) == []
    assert graph.tensors["a"].q == graph.tensors["b"].q == graph.tensors["joined"].q


def test_a_concatenated_layer_with_other_readers_keeps_its_scale_and_is_converted() -> None:
    graph = quantized(concatenation(shared=True), equalize=False)
    assert conversions(graph) == ["int8 a -> int8"]
    assert graph.tensors["a"].q.scale < graph.tensors["b"].q.scale / 3
    assert graph.tensors["b"].q == graph.tensors["joined"].q


def test_a_softmax_among_others_is_converted_for_a_concatenation() -> None:
    graph = network(
        (1, 4),
        [
            ("a", FullyConnected(), "x", (4, 4)),
            ("p", Softmax(), "a", ()),
            ("b", FullyConnected(), "x", (4, 4)),
            ("joined", Concat(axis=1), "p b", ()),
        ],
    )
    assert conversions(quantized(graph)) == ["int8 p -> int8"]


def test_what_moves_elements_keeps_their_scale() -> None:
    graph = network(
        (1, 3, 4, 5),
        [
            ("a", Conv2D(), "x", (6, 1, 1, 5)),
            ("turned", Transpose(permutation=(0, 2, 1, 3)), "a", ()),
        ],
    )
    found = quantized(graph)
    assert found.tensors["a"].q == found.tensors["turned"].q
    assert "transpose" in format_node(found, found.nodes[-1])
