"""Lowers the peak of a schedule by rewriting its worst calls' surroundings.

Of all states near a call in which that call can run, the lightest one m is found exactly. What the
schedule does around the call is then done in another order: first the calls that lead to m, then
the call, then those that leave no more alive, then the rest. Rows that were made too soon wait,
and those that can be made ahead are, until the worst call is one that has no lighter state.
"""

from collections.abc import Sequence

import numpy as np

from mote.plan.live import Ledger, Numbers
from mote.plan.states import State, States

WINDOWS = (10, 20, 50, 120)
"""How many calls before and after the worst one are rewritten; tried in turn."""

ATTEMPTS = 1_000
"""How often a call's surroundings are rewritten at most."""


def polish(
    states: States, ledger: Ledger, moves: Sequence[int], attempts: int = ATTEMPTS
) -> list[int]:
    """A schedule whose peak is not higher, as the tasks whose calls follow each other.

    Args:
        states, ledger: Of the network.
        moves: The given schedule, alike.
        attempts: How often a call's surroundings are rewritten at most.
    """
    best = list(moves)
    if not best:
        return best
    profile = weigh(ledger, best)
    for _ in range(attempts):
        worst = int(profile[1:-1].argmax())
        for window in WINDOWS:
            first, last = max(0, worst - window), min(len(best), worst + window + 1)
            rewritten = _rewrite(states, best, first, worst, last)
            if rewritten is None:
                continue
            longer = [*best[:first], *rewritten, *best[last:]]
            found = weigh(ledger, longer)
            around = slice(first + 1, last + 1)
            if _falling(found[around]) < _falling(profile[around]):
                best, profile = longer, found
                break
        else:
            break
    return best


def weigh(ledger: Ledger, moves: Sequence[int]) -> Numbers:
    """Bytes alive before the first call, at each call, and after the last one."""
    following = ledger.first_call[:-1].copy()
    clock = np.zeros(ledger.calls + 2, np.int64)
    for time, task in enumerate(moves, 1):
        clock[following[task]] = time
        following[task] += 1
    clock[ledger.after] = len(moves) + 1
    return ledger.profile(clock)


def _falling(alive: Numbers) -> list[int]:
    return sorted(alive.tolist(), reverse=True)


def _rewrite(
    states: States, moves: Sequence[int], first: int, worst: int, last: int
) -> list[int] | None:
    """Another order of the calls from ``first`` to ``last``; none when no state is lighter."""
    task = moves[worst]
    start = _after(states.start, moves[:first])
    now = _after(start, moves[first:worst])
    end = _after(now, moves[worst:last])
    low = tuple(map(max, start, states.before(task, now[task])))
    high = tuple(map(min, end, states.without(task, now[task])))
    found = states.lowest(low, high, states.live(now))
    if found is None or found[1] is None:
        return None
    ahead: list[int] = []
    behind: list[int] = []
    done = [*start]
    for move in moves[first:last]:
        (ahead if done[move] < found[1][move] else behind).append(move)
        done[move] += 1
    at_once = [task, *_shrinking(states, _after(found[1], [task]), end)]
    for move in at_once:
        behind.remove(move)
    return [*ahead, *at_once, *behind]


def _shrinking(states: States, state: State, end: State) -> list[int]:
    """Calls up to a state that leave no more alive, as long as there are any."""
    found: list[int] = []
    while True:
        step = next(
            (t for t, _, growth in states.moves(state) if growth <= 0 and state[t] < end[t]), None
        )
        if step is None:
            return found
        found.append(step)
        state = _after(state, [step])


def _after(state: State, moves: Sequence[int]) -> State:
    done = [*state]
    for move in moves:
        done[move] += 1
    return tuple(done)
