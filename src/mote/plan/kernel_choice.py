"""Chooses kernels for all steps at once: code is in flash once, however many steps it serves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mote.lower.kernel_functions import SHARED_BYTES, SHARED_FUNCTIONS
from mote.lower.kernel_sizes import KERNEL_BYTES

BESIDE_WEIGHTS = 16_000
"""Bytes of code and constants beside the weights that are not exceeded where that is cheap."""
DEARER, MOST_DEAR = 1.5, 12.0
"""How far the price of a byte beside the weights rises for that, and in which steps."""
DEAREST = 1e9
"""Price of a byte in cycles at which the fewest bytes are taken, then the fewest cycles."""


@dataclass(frozen=True)
class Choice:
    """A form of a step.

    Args:
        form: Which one, as ``spare_scratch`` counts.
        kernel: Its function.
        cycles: More than the fastest form takes at its best.
        flash_bytes: Of its constants.
        beside_bytes: Of these, what is beside weights and biases.
    """

    form: int
    kernel: str
    cycles: int
    flash_bytes: int
    beside_bytes: int


def choose_kernels(
    choices: Sequence[Sequence[Choice]], frame_bytes: int, cycles: float | None
) -> list[Choice]:
    """For each step the choice with which flash times the square of cycles is about least; bytes
    beside the weights become dearer until they are few, as far as that goes.

    A byte has the price in cycles at which that product stays the same. At a price, kernels are
    facilities that cost their code once: all are open first, then closed one by one while that
    saves more than it costs (the greedy drop of Feldman, Lehrer and Ray 1966).

    Args:
        choices: Of each step, those that are possible.
        frame_bytes: Of code that calls the kernels.
        cycles: Of the whole program when every step takes its fastest form; None where nothing
            but flash counts.
    """
    fastest = [min(each, key=lambda c: c.cycles) for each in choices]
    if cycles is None:
        return _drop(choices, DEAREST, DEAREST)
    total = max(1.0, cycles + sum(choice.cycles for choice in fastest))
    flash = frame_bytes + _code(fastest) + sum(choice.flash_bytes for choice in fastest)
    price = dearer = total / (2 * flash)
    best = found = _drop(choices, price, price)
    while frame_bytes + _code(found) + sum(c.beside_bytes for c in found) > BESIDE_WEIGHTS:
        dearer *= DEARER
        if dearer > MOST_DEAR * price:
            return best
        found = _drop(choices, price, dearer)
    return found


def code_bytes(kernels: Collection[str]) -> int:
    """Of some kernels together."""
    names = frozenset(kernels)
    shared = {function for name in names for function in SHARED_FUNCTIONS.get(name, ())}
    return sum(KERNEL_BYTES[name] for name in names) + sum(SHARED_BYTES[name] for name in shared)


def _code(found: Sequence[Choice]) -> int:
    return code_bytes({choice.kernel for choice in found})


def _drop(choices: Sequence[Sequence[Choice]], price: float, beside: float) -> list[Choice]:
    """The cheapest choices that closing kernels one by one comes to, with the prices of a byte of
    weights, and of one beside them."""

    def cost(choice: Choice) -> float:
        learnt = choice.flash_bytes - choice.beside_bytes
        return choice.cycles + price * learnt + beside * choice.beside_bytes

    def total(found: Sequence[Choice]) -> float:
        return beside * _code(found) + sum(map(cost, found))

    def without(closed: Collection[str]) -> list[Choice] | None:
        left = [[choice for choice in each if choice.kernel not in closed] for each in choices]
        return [min(each, key=cost) for each in left] if all(left) else None

    closed = frozenset[str]()
    best = [min(each, key=cost) for each in choices]
    while True:
        trials = [
            (total(found), name, found)
            for name in sorted({choice.kernel for choice in best})
            if (found := without(closed | {name})) is not None
        ]
        least = min(trials, key=lambda trial: trial[:2], default=None)
        if least is None or least[0] >= total(best):
            return best
        closed |= {least[1]}
        best = least[2]
