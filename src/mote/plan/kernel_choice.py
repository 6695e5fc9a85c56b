"""Chooses kernels for all steps at once: code is in flash once, however many steps it serves."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mote.lower.kernel_functions import SHARED_BYTES, SHARED_FUNCTIONS
from mote.lower.kernel_sizes import KERNEL_BYTES

BESIDE_WEIGHTS = 16_000
"""Bytes of code and constants beside the weights that are not exceeded where that is cheap."""
BESIDE_WEIGHTS_IN_FLASH = 7200
"""The same where nothing but flash counts: to keep to it, schedules without tables are taken."""
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


def _code(found: Iterable[Choice]) -> int:
    return code_bytes({choice.kernel for choice in found})


def _drop(choices: Sequence[Sequence[Choice]], price: float, beside: float) -> list[Choice]:
    """The cheapest choices that closing kernels one by one comes to, with the prices of a byte of
    weights, and of one beside them."""

    def cost(choice: Choice) -> float:
        learnt = choice.flash_bytes - choice.beside_bytes
        return choice.cycles + price * learnt + beside * choice.beside_bytes

    # Of each step, the cheapest choice first: closing a kernel moves its users along their list.
    ranked = [sorted(((cost(c), c) for c in each), key=lambda pair: pair[0]) for each in choices]
    best, closed = [each[0] for each in ranked], set[str]()
    while True:
        users: dict[str, list[int]] = {}
        for index, (_, choice) in enumerate(best):
            users.setdefault(choice.kernel, []).append(index)
        trials = []
        for name in sorted(users):
            shut = closed | {name}
            moved = {i: _next(ranked[i], shut, users, beside) for i in users[name]}
            if all(moved.values()):
                found = [moved.get(i) or pair for i, pair in enumerate(best)]
                trials.append((_total(found, beside), name, found))
        least = min(trials, key=lambda trial: trial[:2], default=None)
        if least is None or least[0] >= _total(best, beside):
            return [choice for _, choice in best]
        closed.add(least[1])
        best = least[2]


def _next(
    ranked: Sequence[tuple[float, Choice]],
    shut: Collection[str],
    used: Collection[str],
    beside: float,
) -> tuple[float, Choice] | None:
    """The cheapest choice of a step among kernels that are open, with their code where none uses
    them; None without any."""
    open_ones = (pair for pair in ranked if pair[1].kernel not in shut)

    def cost(pair: tuple[float, Choice]) -> float:
        code = 0 if pair[1].kernel in used else KERNEL_BYTES[pair[1].kernel]
        return pair[0] + beside * code

    return min(open_ones, key=cost, default=None)


def _total(found: Sequence[tuple[float, Choice]], beside: float) -> float:
    """What choices cost, with their code."""
    return beside * _code(choice for _, choice in found) + sum(cost for cost, _ in found)
