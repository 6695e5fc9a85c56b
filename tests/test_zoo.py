"""The zoo: every architecture costs what the table says, and is what its source describes."""

import hashlib
import json
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import mote
from mote.cli import main
from mote.errors import InputError
from mote.ir import Graph
from mote.passes import optimize
from mote.zoo import MODELS, Entry, Stage
from mote.zoo.arguments import parse_arguments
from mote.zoo.layers import make_divisible
from mote.zoo.markdown import markdown
from shared import shared_path

ENTRIES = sorted(MODELS.values(), key=lambda entry: entry.name)
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "zoo.md"


def by_name(entry: Entry) -> str:
    return entry.name


def slow_if(condition: Callable[[Entry], bool]) -> list[object]:
    """All architectures; those that the condition takes run with the slow tests."""
    slow = pytest.mark.slow
    return [pytest.param(entry, marks=slow) if condition(entry) else entry for entry in ENTRIES]


def shapes_only(name: str, **arguments: Any) -> nn.Module:
    """A network without values: quick to make."""
    with torch.device("meta"):
        return mote.zoo.create(name, **arguments)


@cache
def imported(name: str) -> Graph:
    entry = MODELS[name]
    return mote.from_torch(entry.constructor(), torch.zeros(1, *entry.input_shape))


def macs_of_layers(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-accumulates by PyTorch's own shapes, without values."""
    counts: list[int] = []

    def count(layer: nn.Module, _: object, result: torch.Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            taps = math.prod(layer.kernel_size) * layer.in_channels // layer.groups
            counts.append(result.numel() * taps)
        elif isinstance(layer, nn.Linear):
            counts.append(result.numel() * layer.in_features)

    for layer in module.modules():
        layer.register_forward_hook(count)
    module.eval()(torch.empty(1, *shape, device="meta"))
    return sum(counts)


def parameters_of(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    "entry",
    slow_if(lambda entry: entry.name in ("mnasnet_b1", "proxylessnas_mobile")),
    ids=by_name,
)
def test_the_table_tells_what_an_architecture_costs(entry: Entry) -> None:
    cost = mote.zoo.measure(entry.constructor(), entry.input_shape)
    assert cost.macs == entry.macs
    assert cost.parameters == entry.parameters
    assert cost.weights == entry.weights
    assert cost.peak_ram_bytes == entry.peak_ram_bytes


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_the_layers_add_up_to_the_table(entry: Entry) -> None:
    module = shapes_only(entry.name)
    assert macs_of_layers(module, entry.input_shape) == entry.macs
    assert parameters_of(module) == entry.parameters


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_the_counts_are_those_that_were_published(entry: Entry) -> None:
    """MACs within the two digits that sources give; parameters within 0.5 %, or the table says."""
    if entry.published_macs is not None:
        assert entry.macs == pytest.approx(entry.published_macs, rel=0.02)
    if entry.published_parameters is not None:
        near = entry.counted_parameters == pytest.approx(entry.published_parameters, rel=0.006)
        assert near or entry.name == "mobilenet_v2"
    assert entry.published_macs is not None or entry.published_parameters is not None


@pytest.mark.parametrize(
    ("name", "width", "size", "macs", "parameters"),
    [
        ("mobilenet_v1", 0.75, 224, 325e6, 2.6e6),  # Howard 2017, table 6
        ("mobilenet_v1", 0.5, 224, 149e6, 1.3e6),
        ("mobilenet_v1", 0.25, 224, 41e6, 0.5e6),
        ("mobilenet_v1", 1.0, 192, 418e6, 4.2e6),  # table 7
        ("mobilenet_v1", 1.0, 160, 290e6, 4.2e6),
        ("mobilenet_v1", 1.0, 128, 186e6, 4.2e6),
        ("mobilenet_v2", 0.35, 224, 59e6, 1.66e6),  # the models released with Sandler 2018
        ("mobilenet_v2", 0.35, 96, 11e6, 1.66e6),
        ("mobilenet_v2", 0.5, 224, 97e6, 1.95e6),
        ("mobilenet_v2", 0.75, 224, 209e6, 2.61e6),
        ("mobilenet_v2", 1.3, 224, 509e6, 5.34e6),
    ],
)
def test_widths_and_resolutions_cost_what_was_published(
    name: str, width: float, size: int, macs: float, parameters: float
) -> None:
    module = shapes_only(name, width_mult=width)
    assert abs(parameters_of(module) - parameters) <= max(0.02 * parameters, 0.05e6)
    assert abs(macs_of_layers(module, (3, size, size)) - macs) <= max(0.01 * macs, 1e6)


def test_mcunet_5fps_without_classifier_has_the_published_weights() -> None:
    """22.45M MACs and 0.469M numbers after folding, at 128 x 128."""
    entry, classifier = MODELS["mcunet_5fps"], 160 * 10
    assert entry.macs - classifier == 22_453_504
    assert entry.weights - classifier - 10 == 469_224
    convs = [m for m in shapes_only("mcunet_5fps").modules() if isinstance(m, nn.Conv2d)]
    assert len(convs) == 42


def layers_of(graph: Graph) -> list[tuple[object, ...]]:
    """What a network computes, without weights and without where padding stands."""
    renamed = {"average_pool_2d": "mean"}
    return [
        (
            renamed.get(node.op.kind, node.op.kind),
            getattr(node.op, "stride", None) if "conv" in node.op.kind else None,
            getattr(node.op, "activation", None) if "pool" not in node.op.kind else None,
            sorted(math.prod(t.shape) for t in graph.operands(node)),
            math.prod(graph.result(node).shape),
        )
        for node in graph.nodes
        if node.op.kind not in ("reshape", "softmax")
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("resnet8", "pretrainedResnet.tflite"),
        ("ds_cnn", "kws_ref_model.tflite"),
        ("mobilenet_v1_vww", "vww_96_float.tflite"),
        ("ad_autoencoder", "ad01_fp32.tflite"),
    ],
)
def test_the_networks_of_mlperf_tiny_are_layer_by_layer_those_of_its_files(
    name: str, file: str
) -> None:
    theirs = mote.load(shared_path(f"models/mlperf_tiny/{file}"))
    assert layers_of(optimize(imported(name))) == layers_of(optimize(theirs))


@pytest.mark.parametrize("name", ["resnet8", "ds_cnn", "mobilenet_v1_vww", "ad_autoencoder"])
def test_a_compiled_network_needs_no_more_than_the_arena_of_the_table(name: str) -> None:
    graph = imported(name)
    sample = np.random.default_rng(5).normal(size=graph.tensors[graph.inputs[0]].shape)
    build = mote.compile(mote.quantize(graph, [sample.astype(np.float32)]), "host", optimize="time")
    assert build.plan.arena_bytes <= MODELS[name].peak_ram_bytes


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("mobilenet_v2", "b37e2a9130e6341b"),
        ("squeezenet1_1", "d67adc94cdb2fd98"),
    ],
)
def test_weights_are_named_and_shaped_as_in_torchvision(name: str, digest: str) -> None:
    state = shapes_only(name).state_dict()
    text = "\n".join(f"{key} {list(value.shape)}" for key, value in sorted(state.items()))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("entry", slow_if(lambda entry: entry.parameters > 1_000_000), ids=by_name)
def test_scores_of_an_untrained_network_are_finite_and_every_layer_learns(entry: Entry) -> None:
    torch.manual_seed(2)
    module = entry.constructor()
    size = 32 if entry.input_shape[-1] in (96, 128, 224) else 1000
    result = module.train()(torch.randn(2, *(min(n, size) for n in entry.input_shape)))
    assert torch.isfinite(result).all()
    result.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in module.parameters() if p.grad is not None)
    assert not [name for name, p in module.named_parameters() if p.grad is None]


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mnasnet_b1", "squeezenet1_1"])
def test_small_grey_images_keep_their_detail_with_a_stem_of_stride_1(name: str) -> None:
    module = shapes_only(name, num_classes=3, in_chans=1, stem_stride=1).eval()
    places: list[torch.Size] = []
    pool = next(m for m in module.modules() if isinstance(m, nn.AdaptiveAvgPool2d))
    pool.register_forward_hook(lambda layer, x, y: places.append(x[0].shape[2:]))
    assert module(torch.zeros(1, 1, 32, 32, device="meta")).shape == (1, 3)
    assert min(places[0]) >= 2


def test_dropout_stands_before_the_last_layer() -> None:
    for entry in ENTRIES:
        if entry.name == "ad_autoencoder":
            continue
        module = shapes_only(entry.name, drop_rate=0.25)
        [drop] = [m for m in module.modules() if isinstance(m, nn.Dropout)]
        assert drop.p == 0.25


@pytest.mark.parametrize(("wanted", "made"), [(3, 8), (11.2, 16), (12, 16), (16.8, 16), (33.6, 32)])
def test_channels_are_multiples_of_8_and_lose_at_most_a_tenth(wanted: float, made: int) -> None:
    assert make_divisible(wanted) == made


def test_a_table_of_blocks_makes_a_network() -> None:
    stages = [Stage(1, 16), Stage(4, 24, 2, 2, 5)]
    module = mote.zoo.inverted_residual_net(stages, num_classes=7, stem_chans=8, head_chans=None)
    cost = mote.zoo.measure(module, (3, 32, 32))
    stem = 16 * 16 * 8 * 27
    first = 16 * 16 * (8 * 9 + 8 * 16)
    second = 16 * 16 * 16 * 64 + 8 * 8 * (64 * 25 + 64 * 24)
    third = 8 * 8 * (24 * 96 + 96 * 25 + 96 * 24)
    assert cost.macs == stem + first + second + third + 24 * 7


def test_an_unknown_architecture_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"model 'resnet9'.*allowed:.*lenet5(.|\n)*'resnet8'\?"):
        mote.zoo.create("resnet9")


def test_an_argument_that_an_architecture_does_not_take_is_named() -> None:
    with pytest.raises(InputError, match="does not take classes, allowed: num_classes"):
        mote.zoo.create("resnet8", classes=3)


def test_arguments_out_of_range_are_all_named() -> None:
    with pytest.raises(InputError) as caught:
        mote.zoo.create("mobilenet_v2", num_classes=0, width_mult=-1.0, drop_rate=1.0, in_chans=3)
    assert [line.partition("=")[0] for line in caught.value.details] == [
        "num_classes",
        "width_mult",
        "drop_rate",
    ]


def test_an_input_that_a_network_cannot_take_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match=r"input 1x9x9: the network cannot take it: .*5 x 5"):
        mote.zoo.measure(mote.zoo.lenet5(), (1, 9, 9))


def test_settings_are_read_by_the_kind_of_the_argument() -> None:
    read = parse_arguments("lenet5", ["num_classes=3", "drop_rate=0.5", "conv_relu=True"])
    assert read == {"num_classes": 3, "drop_rate": 0.5, "conv_relu": True}
    with pytest.raises(InputError) as caught:
        parse_arguments("lenet5", ["num_classes=3.5", "conv_relu=1", "depth=3", "drop_rate"])
    assert len(caught.value.details) == 4


def test_the_document_has_the_table_of_the_code() -> None:
    text = DOCUMENT.read_text()
    table = text.partition("<!-- table -->\n")[2].partition("<!-- end of table -->")[0]
    assert table == markdown(), "run `mote zoo --markdown` and paste"


def test_the_command_prints_the_table_as_text_and_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["zoo"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in MODELS)
    assert main(["zoo", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert [m["macs"] for m in models if m["name"] == "resnet8"] == [MODELS["resnet8"].macs]


def test_the_command_measures_other_settings(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["zoo", "ds_cnn", "--set", "width=32", "--set", "in_chans=2", "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["input_shape"] == [2, 49, 10]
    assert told["arguments"] == {"width": 32, "in_chans": 2}
    assert told["macs"] == macs_of_layers(shapes_only("ds_cnn", width=32, in_chans=2), (2, 49, 10))


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["lenet"], "did you mean 'lenet5'?"),
        (["lenet5", "--set", "depth=2"], "'depth=2': allowed: num_classes="),
        (["lenet5", "--set", "num_classes=0"], "num_classes=0: allowed: whole numbers from 1"),
        (["lenet5", "--input", "1xx28"], "needs positive sizes"),
        (["lenet5", "--input", "3x99999x99999"], "has more than"),
        (["lenet5", "--markdown"], "takes no NAME"),
        (["--input", "3x32x32"], "need the NAME"),
    ],
)
def test_the_command_refuses_with_a_way_out(
    arguments: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["zoo", *arguments]) == 2
    told = capsys.readouterr()
    assert found in told.err
    assert not told.out


def test_the_table_needs_no_torch_and_a_module_names_the_command_that_installs_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from mote.cli import main\n"
        "print(main(['zoo', '--json']), main(['zoo', 'lenet5']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("0 2\n"), done.stderr
    assert "pip install 'mote[torch]'" in done.stderr
