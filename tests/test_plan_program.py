"""Lifetimes of real programs, the checker against spoilt plans, and the fit to a board."""

from dataclasses import replace

import numpy as np
import pytest

import mote
from mote import reference
from mote.errors import FitError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Add, MaxPool2D, Reshape
from mote.lower.lower import lower
from mote.lower.step import Kernel, Program, Step
from mote.passes import optimize
from mote.plan import Buffer, Plan, check, check_fit, plan_memory
from mote.plan.lifetime import buffers
from mote.target import CORES, resolve
from random_graphs import random_graph, random_inputs
from shared import shared_path

Q = Quantization((0.5,), (0,))
KERNEL = Kernel("mote_test", "mote_test", Add, (DType.INT8, DType.INT8), takes_scratch=True)


def program(
    *nodes: tuple[str, str, str],
    inputs: str = "x",
    outputs: str,
    aliases: tuple[tuple[str, str], ...] = (),
    in_place: bool = True,
    scratch: int = 0,
    sizes: dict[str, int] | None = None,
) -> Program:
    """Steps ``(name, "operand operand", result)`` over tensors of 16 bytes."""
    names = {t for _, operands, y in nodes for t in (*operands.split(), y)}
    names |= {t for pair in aliases for t in pair}
    tensors = {n: Tensor(n, (1, (sizes or {}).get(n, 16)), DType.INT8, Q) for n in sorted(names)}
    made = tuple(Node(name, Add(), tuple(operands.split()), y) for name, operands, y in nodes)
    graph = Graph("g", tensors, made, tuple(inputs.split()), tuple(outputs.split()))
    steps = tuple(
        Step(
            n,
            KERNEL,
            scratch_bytes=scratch,
            in_place=tuple(range(len(n.inputs))) if in_place else (),
        )
        for n in made
    )
    return Program(graph, steps, aliases)


def life(found: tuple[Buffer, ...], name: str) -> tuple[int, int, str]:
    buffer = next(b for b in found if b.name == name)
    return buffer.first, buffer.last, buffer.over


def test_a_buffer_lives_from_its_writer_to_its_last_reader() -> None:
    found = buffers(
        program(("a", "x", "p"), ("b", "p", "q"), ("c", "p q", "y"), outputs="y", in_place=False)
    )
    assert life(found, "x") == (-1, 0, "")
    assert life(found, "p") == (0, 2, "")
    assert life(found, "y") == (2, 3, "")


def test_a_result_nobody_reads_still_has_a_place_in_its_step() -> None:
    found = buffers(program(("a", "x", "p"), ("b", "x", "y"), outputs="y", in_place=False))
    assert life(found, "p") == (0, 0, "")


def test_a_result_takes_over_an_operand_that_dies() -> None:
    found = buffers(program(("a", "x", "p"), ("b", "p", "q"), ("c", "p q", "y"), outputs="y"))
    assert life(found, "p") == (0, 2, "x")
    assert life(found, "q") == (1, 2, "")
    assert life(found, "y") == (2, 3, "p")


def test_a_graph_output_is_never_overwritten() -> None:
    found = buffers(program(("a", "x", "p"), ("b", "p", "y"), outputs="p y"))
    assert life(found, "p") == (0, 2, "x")
    assert life(found, "y") == (1, 2, "")


def test_an_input_that_is_also_an_output_is_never_overwritten() -> None:
    found = buffers(program(("a", "x", "y"), outputs="x y"))
    assert life(found, "y") == (0, 1, "")


def test_a_larger_result_does_not_take_over_its_operand() -> None:
    found = buffers(program(("a", "x", "y"), outputs="y", sizes={"y": 20}))
    assert life(found, "y") == (0, 1, "")


def test_a_tensor_added_to_itself_is_overwritten_only_when_both_ways_in_allow_it() -> None:
    whole = program(("a", "x x", "y"), outputs="y")
    assert life(buffers(whole), "y") == (0, 1, "x")
    half = replace(whole, steps=(replace(whole.steps[0], in_place=(0,)),))
    assert life(buffers(half), "y") == (0, 1, "")


def test_another_name_for_the_same_bytes_keeps_them_alive() -> None:
    named = program(
        ("a", "x", "p"), ("b", "r", "y"), ("c", "p y", "z"), outputs="z", aliases=(("r", "p"),)
    )
    found = buffers(named)
    assert [b.name for b in found] == ["x", "p", "y", "z"]
    assert life(found, "p") == (0, 2, "x")
    assert life(found, "y") == (1, 2, "")
    check(named, plan_memory(named))


def test_scratch_lives_in_its_step_alone_and_shares_bytes_across_steps() -> None:
    many = program(("a", "x", "p"), ("b", "p", "y"), outputs="y", scratch=40)
    plan = plan_memory(many)
    check(many, plan)
    assert plan.total_bytes == plan.lower_bound_bytes == 56


@pytest.mark.parametrize("seed", range(150))
def test_every_plan_of_a_random_graph_passes_the_check(seed: int) -> None:
    for core in ("host", "cortex-m4"):
        made = lower(random_graph(seed), CORES[core])
        plan = plan_memory(made)
        check(made, plan)
        assert plan.total_bytes <= 1.25 * plan.lower_bound_bytes


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
    check(made, plan_memory(made))


@pytest.mark.parametrize("seed", range(80))
def test_a_spoilt_plan_never_passes_the_check(seed: int) -> None:
    """Move one live buffer onto another that is alive at the same step: it must be noticed."""
    made = lower(random_graph(seed), CORES["cortex-m4"])
    plan = plan_memory(made)
    rng = np.random.default_rng(seed)
    pairs = [
        (a, b)
        for a in plan.buffers
        for b in plan.buffers
        if a.name != b.name and a.bytes and b.bytes
        if max(a.first, b.first) <= min(a.last, b.last) and not may_hand_over(made, a, b)
    ]
    for at in rng.permutation(len(pairs))[:5]:
        a, b = pairs[at]
        spoilt = replace(plan, offsets={**plan.offsets, a.name: plan.offsets[b.name]})
        with pytest.raises(AssertionError):
            check(made, grown(spoilt))


def may_hand_over(made: Program, a: Buffer, b: Buffer) -> bool:
    """True when one may be computed over the other, in the one step in which they meet."""
    first, last = max(a.first, b.first), min(a.last, b.last)
    return first == last and 0 <= first < len(made.steps) and bool(made.steps[first].in_place)


def grown(plan: Plan) -> Plan:
    """The plan with room to spare, so that only overlaps can be at fault."""
    room = plan.total_bytes + max(b.bytes for b in plan.buffers)
    return replace(plan, total_bytes=room, arena_bytes=room)


def test_the_check_names_both_buffers() -> None:
    made = program(("a", "x", "p"), ("b", "p x", "y"), outputs="y", in_place=False)
    plan = plan_memory(made)
    spoilt = replace(plan, offsets={**plan.offsets, "p": plan.offsets["x"]})
    with pytest.raises(AssertionError, match=r"'x' and 'p' share bytes in step 0 'a'"):
        check(made, spoilt)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": 2}, "not a multiple of 4"),
        ({"p": -4}, "lies at -4"),
        ({"p": 4000}, "beyond the arena"),
    ],
)
def test_the_check_refuses_impossible_offsets(change: dict[str, int], message: str) -> None:
    made = program(("a", "x", "p"), ("b", "p", "y"), outputs="y")
    plan = plan_memory(made)
    with pytest.raises(AssertionError, match=message):
        check(made, replace(plan, offsets={**plan.offsets, **change}))


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("vww_96_int8", 55_296),
        ("pretrainedResnet_quant", 49_152),
        ("kws_ref_model", 16_000),
        ("ad01_int8", 768),
    ],
)
def test_activations_of_the_real_models_lie_at_their_lower_bound(name: str, limit: int) -> None:
    build = mote.compile(shared_path(f"models/mlperf_tiny/{name}.tflite"), "host")
    assert build.plan.total_bytes == build.plan.lower_bound_bytes == limit


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
        check_fit(made, plan_memory(made), target)
    assert caught.value.message() == (
        "big: activations need 327,680 B of RAM, nucleo-f412zg has 262,144 B (65,536 B too many)\n"
        "  worst step 0: max_pool_2d 'pool/1' (in 262,144 B, out 65,536 B)\n"
        "  hint: mote targets lists boards with their RAM and flash"
    )


def test_reshapes_alone_have_no_worst_step() -> None:
    x, y = (Tensor(n, s, DType.INT8, Q) for n, s in (("x", (1, 512, 1024, 1)), ("y", (1, 2**19))))
    flat = Node("flat", Reshape(to=y.shape), ("x",), "y")
    made = lower(Graph("g", {"x": x, "y": y}, (flat,), ("x",), ("y",)), CORES["cortex-m4"])
    with pytest.raises(FitError, match="need 524,288 B of RAM") as caught:
        check_fit(made, plan_memory(made), resolve("nucleo-f412"))
    assert not caught.value.details


def test_a_core_without_a_board_has_no_limit() -> None:
    made = pooled(512)
    check_fit(made, plan_memory(made), resolve("cortex-m4"))
