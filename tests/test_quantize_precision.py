"""What layers cost alone, and the choice of their types for a goal, or why it is out of reach."""

from dataclasses import replace

import numpy as np
import pytest

from mixed_graphs import Maker
from mote import reference
from mote.errors import GoalError, InputError
from mote.ir import DType, Graph, Tensor
from mote.ir.ops import Activation, Conv2D, FullyConnected, Function, Padding, Reshape, Unary
from mote.ir.text import format_graph
from mote.quantization import LayerPrecision, QuantizationConfig, quantize
from mote.quantization.accuracy import score
from mote.quantization.automatic import choose_precision
from mote.quantization.flash import weight_flash_bytes
from mote.quantization.goal import Candidate, Goal, UnmetGoalError
from mote.quantization.preparation import prepare
from mote.quantization.report import sqnr_db
from mote.quantization.sensitivity import sensitivity
from mote.quantization.single_layer import layer_forms, on_grid

FLOAT32_NOISE_DB = 100
"""Above, sums in single precision show."""
INT4, INT16 = LayerPrecision(weights="int4"), LayerPrecision(activations="int16")


def network() -> Graph:
    """Two convolutions and two fully connected layers; outputs that depend on the sample."""
    made = Maker(np.random.default_rng(8))
    same = Padding(1, 1, 1, 1)
    x = made.input((1, 6, 6, 2))
    x = made.weighted(Conv2D(padding=same, activation=Activation.RELU), x, (12, 3, 3, 2))
    x = made.weighted(Conv2D(stride=(2, 2), padding=same), x, (8, 3, 3, 12))
    x = made.add(Unary(function=Function.TANH), [x])
    x = made.add(Reshape(to=(1, 72)), [x])
    x = made.weighted(FullyConnected(), x, (12, 72))
    x = made.weighted(FullyConnected(), x, (5, 12))
    graph = made.graph("small", x.name)
    biases = [graph.operands(n)[2] for n in graph.nodes if "bias" in n.op.inputs]
    return graph.rebuild(graph.nodes, [replace(b, data=b.array / 8) for b in biases])


def samples(graph: Graph, count: int, seed: int = 0) -> np.ndarray:
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    return np.random.default_rng(seed).normal(0, 1, (count, *shape)).astype(np.float32)


def labelled(graph: Graph, count: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Samples that float classifies rightly, nine in ten."""
    x = samples(graph, count, 1)
    labels = score(graph, x, np.zeros(count, np.int64)).predictions
    classes = graph.tensors[graph.outputs[0]].shape[-1]
    return x, np.where(np.arange(count) % 10, labels, (labels + 1) % classes)


def test_a_layer_alone_has_the_noise_that_the_reference_finds() -> None:
    """An independent count: each form put into the float graph by hand, one sample at a time."""
    graph, config = network(), QuantizationConfig(equalize=False)
    x = samples(graph, 40)
    report = sensitivity(graph, x, config)
    forms = layer_forms(prepare(graph, x, config), config, lambda: None)
    assert [layer.name for layer in report.layers] == list(forms)
    real = [reference.run(graph, [one[None]]) for one in x]
    for layer in report.layers:
        for kind, form in forms[layer.name].items():
            found = [with_form(graph, layer.name, form.constants, form.result, v) for v in real]
            effect = getattr(layer, kind)
            for name, expected in (
                (output_of(graph, layer.name), effect.layer_sqnr_db),
                (graph.outputs[0], effect.output_sqnr_db),
            ):
                ratio = sqnr_db(*(np.stack([v[name] for v in values]) for values in (real, found)))
                fine = min(ratio, expected) > FLOAT32_NOISE_DB
                assert fine or ratio == pytest.approx(expected, abs=0.1), (layer.name, kind)


def output_of(graph: Graph, layer: str) -> str:
    return next(node.output for node in graph.nodes if node.name == layer)


def with_form(
    graph: Graph,
    layer: str,
    constants: tuple[Tensor, ...],
    result: Tensor,
    values: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    index = next(i for i, node in enumerate(graph.nodes) if node.name == layer)
    node = graph.nodes[index]
    single = replace(graph, nodes=(node,), inputs=node.inputs[:0], outputs=(node.output,))
    activations = [t for t in node.inputs if not graph.tensors[t].is_constant]
    single = replace(single, inputs=tuple(dict.fromkeys(activations)))
    single = single.rebuild(single.nodes, constants)
    own = reference.run(single, [values[name] for name in single.inputs])[node.output]
    known = {**values, node.output: on_grid(own, result)}
    for later in graph.nodes[index + 1 :]:
        names = [t for t in later.inputs if not graph.tensors[t].is_constant]
        names = list(dict.fromkeys(names))
        rest = replace(graph, nodes=(later,), inputs=tuple(names), outputs=(later.output,))
        rest = rest.rebuild(rest.nodes)
        known[later.output] = reference.run(rest, [known[n] for n in names])[later.output]
    return known


def test_batches_do_not_show_in_the_report() -> None:
    """33 samples are a batch and one more; a permutation changes no sum but by rounding."""
    graph = network()
    x, labels = labelled(graph, 33)
    order = np.random.default_rng(2).permutation(33)
    first = sensitivity(graph, samples(graph, 16), tests=x, labels=labels)
    assert first == sensitivity(graph, samples(graph, 16), tests=x, labels=labels)
    second = sensitivity(graph, samples(graph, 16), tests=x[order], labels=labels[order])
    assert first.correct == second.correct == 29
    for a, b in zip(first.layers, second.layers, strict=True):
        assert a.int8.correct == b.int8.correct
        assert a.int8.output_sqnr_db == pytest.approx(b.int8.output_sqnr_db, abs=1e-3)


def test_fewer_bits_are_fewer_bytes_and_more_noise() -> None:
    report = sensitivity(network(), samples(network(), 64))
    narrow = [layer for layer in report.layers if layer.int4]
    assert len(narrow) > 3
    for layer in narrow:
        assert layer.int4 is not None
        assert layer.int16 is not None
        assert layer.int4.weight_bytes < layer.int8.weight_bytes < layer.int16.weight_bytes
        assert layer.int4.output_sqnr_db < layer.int8.output_sqnr_db
        assert layer.int8.layer_sqnr_db < layer.int16.layer_sqnr_db


def test_a_goal_of_loss_is_met_with_fewer_bytes_than_int8() -> None:
    graph = network()
    x, labels = labelled(graph)
    choice = choose_precision(
        graph, samples(graph, 64), None, Goal(max_loss=6), tests=x, labels=labels
    )
    correct = score(choice.graph, x, labels).correct
    assert choice.float_correct == 135
    assert correct >= 135 - 0.06 * 150
    assert choice.best.correct == correct
    assert choice.best.bytes == weight_flash_bytes(choice.graph) < choice.trials[0].bytes
    assert choice.trials[0].candidate == Candidate()
    assert len(choice.trials) <= 16


def test_the_configuration_makes_the_graph_again() -> None:
    graph = network()
    x = samples(graph, 48)
    choice = choose_precision(graph, x, None, Goal(min_sqnr_db=25))
    assert format_graph(quantize(graph, x, choice.config)) == format_graph(choice.graph)


def test_int16_comes_where_int8_is_too_noisy() -> None:
    graph = network()
    x = samples(graph, 64)
    plain = choose_precision(graph, x, None, Goal(max_bytes=10**6)).best
    assert not plain.candidate.layers
    goal = Goal(min_sqnr_db=plain.sqnr_db + 1.5)
    choice = choose_precision(graph, x, None, goal)
    assert choice.best.sqnr_db >= plain.sqnr_db + 1.5
    assert choice.best.candidate.int16
    wide = {n for n, p in choice.config.layers.items() if p.activations == "int16"}
    assert {choice.graph.tensors[output_of(graph, name)].dtype for name in wide} == {DType.INT16}


@pytest.mark.parametrize("share", [0.95, 0.8, 0.72])
def test_weights_fit_the_flash_with_the_least_noise(share: float) -> None:
    graph = network()
    x = samples(graph, 48)
    most = int(share * weight_flash_bytes(quantize(graph, x)))
    choice = choose_precision(graph, x, None, Goal(max_bytes=most))
    assert choice.best.bytes <= most
    # nothing is 4 bits wide that the flash has room for in 8
    layers = {layer.name: layer for layer in choice.sensitivity.layers}
    for name in choice.best.candidate.int4:
        layer = layers[name]
        assert layer.int4 is not None
        assert choice.best.bytes + layer.int8.weight_bytes - layer.int4.weight_bytes > most


def imbalanced() -> tuple[Graph, str]:
    """The same function, with one channel whose weights are great in the last layer's rows.

    With 4 bits, all other weights of that layer are rounded away.
    """
    graph = network()
    *_, before, last = graph.nodes
    by = np.ones(12, np.float32)
    by[0] = 16
    weight, bias = graph.operands(before)[1:]
    columns = graph.operands(last)[1]
    changed = [
        replace(weight, data=weight.array / by[:, None]),
        replace(bias, data=bias.array / by),
        replace(columns, data=columns.array * by),
    ]
    return graph.rebuild(graph.nodes, changed), last.name


def test_the_layer_that_four_bits_would_ruin_keeps_eight() -> None:
    graph, ruined = imbalanced()
    x, config = samples(graph, 64), QuantizationConfig(equalize=False)
    base = choose_precision(graph, x, config, Goal(max_bytes=10**6)).best
    choice = choose_precision(graph, x, config, Goal(min_sqnr_db=base.sqnr_db - 10))
    assert choice.best.candidate.int4
    assert ruined not in choice.best.candidate.int4


def test_layers_that_the_configuration_names_keep_their_types() -> None:
    graph = network()
    first, *_, last = (n.name for n in graph.nodes if "weight" in n.op.inputs)
    config = QuantizationConfig(layers={first: LayerPrecision(), last: INT16})
    choice = choose_precision(graph, samples(graph, 32), config, Goal(min_sqnr_db=5))
    assert choice.best.candidate.int4
    assert not {first, last} & (choice.best.candidate.int4 | choice.best.candidate.int16)
    assert choice.graph.tensors[output_of(graph, last)].dtype is DType.INT16
    with pytest.raises(UnmetGoalError, match=f"leave {first}, {last} free") as caught:
        choose_precision(graph, samples(graph, 32), config, Goal(max_bytes=10))
    names = [trial.name for trial in caught.value.choice.trials]
    assert names[0] == "the layers as configured"
    assert names[-1].startswith("the layers as configured, 4 bits: ")


def test_what_is_out_of_reach_is_said_with_what_comes_closest() -> None:
    graph = network()
    x = samples(graph, 32)
    with pytest.raises(GoalError, match="cannot be met: at most 100 B of weights") as caught:
        choose_precision(graph, x, None, Goal(max_bytes=100))
    assert isinstance(caught.value, UnmetGoalError)
    least = caught.value.choice.best
    assert least.bytes == min(t.bytes for t in caught.value.choice.trials)
    assert f"allow {least.bytes:,} B" in caught.value.hint
    with pytest.raises(UnmetGoalError, match="calibration samples") as caught:
        choose_precision(graph, x, None, Goal(min_sqnr_db=150))
    assert caught.value.choice.best.candidate.int16


def test_what_a_goal_of_two_parts_costs_is_said() -> None:
    graph, _ = imbalanced()
    x, (y, labels) = samples(graph, 32), labelled(graph)
    config = QuantizationConfig(equalize=False)
    lax = choose_precision(graph, x, config, Goal(max_loss=100), tests=y, labels=labels)
    assert len(lax.best.candidate.int4) == 4
    goal = Goal(max_loss=lax.trials[0].loss, max_bytes=lax.best.bytes)
    with pytest.raises(UnmetGoalError, match=r"allow [\d,]+ B; or allow a loss of [\d.]+ pp"):
        choose_precision(graph, x, config, goal, tests=y, labels=labels)


def test_goals_and_labels_that_make_no_sense_are_refused() -> None:
    graph = network()
    x = samples(graph, 8)
    with pytest.raises(InputError, match="it is empty"):
        Goal()
    with pytest.raises(InputError, match="max_loss is -1") as caught:
        Goal(max_loss=-1, max_bytes=0)
    assert "max_bytes is 0" in str(caught.value)
    with pytest.raises(InputError, match="labels"):
        choose_precision(graph, x, None, Goal(max_loss=1))
    for labels in (np.zeros(7, np.int64), np.zeros(8), np.full(8, 99), np.full(8, -1)):
        with pytest.raises(InputError, match="labels"):
            sensitivity(graph, x, labels=labels)
    with pytest.raises(InputError, match="samples"):
        sensitivity(graph, x, tests=x[:, :1])


def test_progress_reaches_its_end_and_never_goes_back() -> None:
    graph = network()
    seen: list[tuple[int, int]] = []
    choose_precision(
        graph,
        samples(graph, 40),
        None,
        Goal(min_sqnr_db=20),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1
