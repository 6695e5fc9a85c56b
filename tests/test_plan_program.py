"""Plans of whole programs: every mode is proven, fits or is refused with what is too large."""

from dataclasses import replace

import numpy as np
import pytest

import mote
from mote import reference
from mote.errors import FitError, InputError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import MaxPool2D, Reshape
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.passes import optimize
from mote.plan import MODES, Options, check_fit, make_plan
from mote.target import CORES, resolve
from random_graphs import random_graph, random_inputs
from shared import shared_path

Q = Quantization((0.5,), (0,))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(50))
def test_every_plan_of_a_random_graph_is_proven(seed: int, mode: str) -> None:
    for core in ("host", "cortex-m4"):
        made = lower(random_graph(seed), CORES[core])
        plan = make_plan(made, Options(optimize=mode))
        assert plan.total_bytes <= (1.02 if mode == "time" else 1.1) * plan.lower_bound_bytes


@pytest.mark.parametrize("seed", range(30))
def test_the_smallest_plan_is_never_larger_than_the_others(seed: int) -> None:
    made = lower(random_graph(seed), CORES["cortex-m4"])
    ram, balanced, time = (
        make_plan(made, Options(optimize=mode)).lower_bound_bytes
        for mode in ("ram", "balanced", "time")
    )
    assert ram <= balanced <= time


@pytest.mark.parametrize("seed", range(60))
def test_any_values_may_be_outputs_inputs_and_other_names_of_them_too(seed: int) -> None:
    graph = random_graph(seed)
    rng = np.random.default_rng(seed)
    values = [t for t in graph.tensors.values() if not t.is_constant]
    chosen = [values[i] for i in rng.permutation(len(values))[: int(rng.integers(1, 5))]]
    flat = [replace(t, name=f"{t.name}/flat", shape=(t.elements,)) for t in chosen]
    reshapes = [
        Node(y.name, Reshape(to=y.shape), (x.name,), y.name)
        for x, y in zip(chosen, flat, strict=True)
    ]
    outputs = tuple(t.name for t in (*chosen[1:], *flat))
    graph = replace(graph, outputs=outputs).rebuild([*graph.nodes, *reshapes], flat)
    inputs = random_inputs(graph, seed)
    optimized = optimize(graph)
    expected, found = (reference.run(g, inputs) for g in (graph, optimized))
    for name in outputs:
        np.testing.assert_array_equal(found[name], expected[name])
    made = lower(optimized, CORES["cortex-m4"])
    make_plan(made, Options())


def test_a_limit_of_ram_chooses_a_plan_that_keeps_to_it() -> None:
    path = shared_path("models/mlperf_tiny/vww_96_int8.tflite")
    fast = mote.compile(path, "cortex-m4", optimize="time").plan
    small = mote.compile(path, "cortex-m4", optimize="ram").plan
    limit = (fast.total_bytes + small.total_bytes) // 2
    limited = mote.compile(path, "cortex-m4", optimize="time", ram=limit).plan
    assert small.total_bytes <= limited.total_bytes <= limit < fast.total_bytes


def test_a_limit_below_the_smallest_plan_is_refused_with_what_is_missing() -> None:
    path = shared_path("models/mlperf_tiny/kws_ref_model.tflite")
    with pytest.raises(FitError, match=r"1,000 B are allowed \([\d,]+ B too many\)") as caught:
        mote.compile(path, "cortex-m4", ram=1000)
    assert "worst step" in caught.value.message()


def test_an_unknown_aim_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="balanced, flash, ram, time"):
        Options(optimize="speed")


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("vww_96_int8", 55_296),
        ("pretrainedResnet_quant", 49_152),
        ("kws_ref_model", 16_000),
        ("ad01_int8", 768),
    ],
)
def test_layer_by_layer_no_model_takes_more_than_its_two_largest_tensors(
    name: str, limit: int
) -> None:
    path = shared_path(f"models/mlperf_tiny/{name}.tflite")
    build = mote.compile(path, "host", optimize="time")
    assert build.plan.total_bytes <= limit


def pooled(side: int) -> Program:
    """A maximum pooling, then a reshape: needs two planes of RAM and no flash."""
    x, y = (1, side, side, 1), (1, side // 2, side // 2, 1)
    flat = (1, (side // 2) ** 2)
    shapes = {"x": x, "y": y, "z": flat}
    tensors = {n: Tensor(n, s, DType.INT8, Q) for n, s in shapes.items()}
    nodes = (
        Node("pool/1", MaxPool2D(kernel=(2, 2), stride=(2, 2)), ("x",), "y"),
        Node("flat", Reshape(to=flat), ("y",), "z"),
    )
    graph = Graph("big", tensors, nodes, ("x",), ("z",))
    return lower(graph, CORES["cortex-m4"])


def test_a_board_that_is_too_small_is_refused_with_the_worst_step() -> None:
    made = pooled(512)
    target = resolve("nucleo-f412")
    with pytest.raises(FitError) as caught:
        check_fit(made, make_plan(made, Options()), target)
    assert caught.value.message() == (
        "big: activations need 262,400 B of RAM, nucleo-f412zg has 262,144 B (256 B too many)\n"
        "  worst step 0: max_pool_2d 'pool/1' (in 262,144 B, out 65,536 B if whole; "
        "262,400 B are alive at call 1 of 256)\n"
        "  hint: mote targets lists boards with their RAM and flash"
    )


def test_reshapes_alone_have_no_worst_step() -> None:
    x, y = (Tensor(n, s, DType.INT8, Q) for n, s in (("x", (1, 512, 1024, 1)), ("y", (1, 2**19))))
    flat = Node("flat", Reshape(to=y.shape), ("x",), "y")
    made = lower(Graph("g", {"x": x, "y": y}, (flat,), ("x",), ("y",)), CORES["cortex-m4"])
    with pytest.raises(FitError, match="need 524,288 B of RAM") as caught:
        check_fit(made, make_plan(made, Options()), resolve("nucleo-f412"))
    assert not caught.value.details


def test_a_core_without_a_board_has_no_limit() -> None:
    made = pooled(512)
    check_fit(made, make_plan(made, Options()), resolve("cortex-m4"))
