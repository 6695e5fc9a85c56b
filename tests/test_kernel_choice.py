"""Kernels chosen for all steps at once, with the code that each of them takes."""

from itertools import product

import numpy as np
import pytest

import mote
from mote.lower.kernel_functions import SHARED_FUNCTIONS
from mote.lower.kernel_sizes import KERNEL_BYTES
from mote.lower.kernels import KERNELS
from mote.plan import kernel_choice
from mote.plan.forms import program_flash_bytes
from mote.plan.kernel_choice import Choice, choose_kernels
from random_graphs import random_graph
from scripts_folder import kernel_sizes

NAMES = ("a", "b", "c", "d")
CODE = dict(zip(NAMES, (400, 900, 2000, 3100), strict=True))


@pytest.fixture
def four_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_choice, "KERNEL_BYTES", CODE)


def random_choices(rng: np.random.Generator) -> list[list[Choice]]:
    return [
        [
            Choice(
                k, str(rng.choice(NAMES)), int(rng.integers(50_000)), int(flash), int(flash) // 3
            )
            for k, flash in enumerate(rng.integers(100, 3000, rng.integers(1, 4)))
        ]
        for _ in range(rng.integers(1, 6))
    ]


def flash_of(found: tuple[Choice, ...]) -> int:
    return sum(CODE[name] for name in {c.kernel for c in found}) + sum(c.flash_bytes for c in found)


@pytest.mark.usefixtures("four_kernels")
def test_few_bytes_are_near_the_fewest_there_are() -> None:
    rng = np.random.default_rng(1)
    exact = 0
    for _ in range(200):
        choices = random_choices(rng)
        found = flash_of(tuple(choose_kernels(choices, 1000, None)))
        least = min(map(flash_of, product(*choices)))
        assert least <= found <= 1.35 * least
        exact += found == least
    assert exact >= 150, exact


@pytest.mark.usefixtures("four_kernels")
def test_a_kernel_for_one_step_is_given_up_for_one_in_use() -> None:
    shared = [[Choice(0, "d", 0, 500, 0)] for _ in range(3)]
    torn = [Choice(0, "c", 0, 500, 0), Choice(1, "d", 900, 500, 0)]
    found = choose_kernels([*shared, torn], 5000, 1e6)
    assert [c.kernel for c in found] == ["d"] * 4
    dear = [Choice(0, "c", 0, 500, 0), Choice(1, "d", 900_000, 500, 0)]
    assert choose_kernels([*shared, dear], 5000, 1e6)[3].kernel == "c"


@pytest.mark.usefixtures("four_kernels")
def test_what_is_beside_the_weights_becomes_dear_where_it_is_much() -> None:
    choices = [[Choice(0, "a", 0, 9000, 9000), Choice(1, "a", 30_000, 8000, 1000)]] * 3
    few = choose_kernels(choices, 1000, 1e6)
    assert sum(c.beside_bytes for c in few) + CODE["a"] + 1000 <= kernel_choice.BESIDE_WEIGHTS


def test_every_kernel_has_a_size() -> None:
    assert set(KERNEL_BYTES) == set(KERNELS)
    assert all(16 <= size < 8000 for size in KERNEL_BYTES.values())


def test_the_sizes_are_those_of_the_kernels() -> None:
    for name in sorted(KERNELS)[::23]:
        size, shared = kernel_sizes.code_bytes(KERNELS[name])
        assert set(shared) == set(SHARED_FUNCTIONS.get(name, ()))
        assert abs(size - KERNEL_BYTES[name]) <= 0.1 * size + 32, (
            name,
            "run scripts/kernel_sizes.py",
        )


@pytest.mark.parametrize("seed", range(40, 52))
def test_the_mode_for_flash_takes_no_more_of_it(seed: int) -> None:
    graph = random_graph(seed)
    sizes = {
        mode: program_flash_bytes(mote.compile(graph, "cortex-m4", optimize=mode).program)
        for mode in ("flash", "balanced", "ram", "time")
    }
    assert sizes["flash"] == min(sizes.values()), sizes
