"""Chooses the precision of every layer: the fewest bytes that keep to a goal, on real graphs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.errors import InputError
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.quantization.candidates import Options, is_pinned, options
from mote.quantization.config import QuantizationConfig
from mote.quantization.evaluation import own_batch, run_outputs
from mote.quantization.goal import Candidate, Choice, Goal, Trial, UnmetGoalError
from mote.quantization.observe import Progress, checked_samples
from mote.quantization.preparation import prepare
from mote.quantization.sensitivity import check_labels, layer_sensitivities
from mote.quantization.trials import Search

SENSITIVITY_SAMPLES = 128
"""Samples that the order of the layers is taken from, evenly spaced; trials see all."""

ADAROUND_GAIN_DB = 6.0
"""By how much adaptive rounding and bias correction may better what a layer alone showed."""

STEPS, SENSITIVITY_SHARE = 1000, 200
"""Of the progress."""

REFINEMENTS = 6
"""Layers that are tried one by one when no more of the order can be taken together."""


def choose_precision(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig | None,
    goal: Goal,
    *,
    tests: Array | Sequence[Array] | None = None,
    labels: Array | None = None,
    adaround: bool = True,
    progress: Progress = lambda done, total: None,
) -> Choice:
    """Int8, 4-bit weights or int16 activations for every layer, so that the goal is met.

    A goal of quality (loss or noise) is met with the fewest bytes: where plain int8 keeps to it,
    as many layers as possible get 4-bit weights, those first that add the least noise per byte
    saved; where int8 does not, the fewest layers get int16 activations first, those around the
    noisiest results. A goal of bytes alone is met with the least noise. What decides is never the
    estimate but an integer graph, quantised and evaluated on all samples as it would be deployed.

    How many layers of an order fit is found in strides and by bisection, which take the loss to
    grow along it; layers beyond are then tried one by one, and undone if they fail.

    Args:
        graph: A float graph.
        data: As for ``quantize``.
        config: None for the defaults. Layers that its ``layers`` name keep their types.
        goal: What to keep to.
        tests: Samples to evaluate on, in the form of ``data``; None for ``data``.
        labels: Class of each of them, ``[N]``; a goal of loss needs them.
        adaround: Round graphs with 4-bit weights adaptively, even if ``config`` does not.
        progress: Called with (steps done, steps in all).

    Raises:
        UnmetGoalError: Nothing that was tried keeps to the goal; it holds what comes closest.
        InputError, UnsupportedModelError: As ``quantize``, or the goal needs labels.
    """
    config = config or QuantizationConfig()
    if goal.max_loss is not None and labels is None:
        raise InputError(
            graph.name,
            "a loss of accuracy can only be kept to on samples with labels",
            hint="give labels, or ask for an output SQNR (min_sqnr_db)",
        )
    prepared = prepare(graph, data, config)
    samples = prepared.samples
    if tests is not None:
        arrays = tests if isinstance(tests, tuple | list) else (tests,)
        samples = checked_samples(prepared.graph, arrays)
    if labels is not None:
        check_labels(prepared.graph, samples, labels)
    most = 4 + 2 * len(prepared.graph.nodes).bit_length() + REFINEMENTS

    def tried(count: int) -> None:
        progress(SENSITIVITY_SHARE + (STEPS - SENSITIVITY_SHARE) * min(count, most) // most, STEPS)

    real = run_outputs(graph, samples)
    search = Search(prepared, config, goal, samples, labels, adaround, real, tried)
    report = layer_sensitivities(
        prepared,
        replace(config, layers={}, adaround=False),
        *_thinned(prepared.graph, samples, labels),
        lambda done, total: progress(done * SENSITIVITY_SHARE // total, STEPS),
    )
    chosen = options(prepared.graph, config, report)
    best = _pursue(search, chosen)
    progress(STEPS, STEPS)
    choice = Choice(
        config=search.config_of(best.candidate),
        graph=search.graphs[best.candidate],
        best=best,
        trials=tuple(search.trials),
        samples=len(samples[0]),
        float_correct=search.float_correct,
        sensitivity=report,
    )
    if not (best.has_quality and best.fits):
        pinned = [n.name for n in prepared.graph.nodes if is_pinned(config, n.name)]
        raise UnmetGoalError(choice, goal, {name: config.precision(name) for name in pinned})
    return choice


def _pursue(search: Search, chosen: Options) -> Trial:
    """The best trial; it keeps to the goal if any does."""
    plain = search.trial(Candidate())
    if not search.goal.asks_for_quality:
        return _fitted(search, chosen, plain, plain.candidate) or _smallest(search, chosen)
    start = plain if plain.has_quality else _widened(search, chosen)
    best = _narrowed(search, chosen, start) if start.has_quality else start
    if best.fits:
        return best
    everything = chosen.regions[-1] if chosen.regions else frozenset()
    for wide in dict.fromkeys((start.candidate.int16, everything)):
        fitted = _fitted(search, chosen, plain, Candidate(int16=wide))
        if fitted is None:  # the least there is, to tell it
            _smallest(search, chosen)
        elif fitted.has_quality:
            return fitted
    return best


def _smallest(search: Search, chosen: Options) -> Trial:
    """4-bit weights wherever they may be."""
    return search.trial(Candidate(int4=frozenset(chosen.narrow)))


def _widened(search: Search, chosen: Options) -> Trial:
    """The smallest region of int16 that has quality; else the best of what was tried."""

    def tried(count: int) -> Trial:
        region = chosen.regions[count - 1]
        return search.trial(Candidate(int16=region))

    fails, meets = 0, len(chosen.regions)
    if not meets or not tried(meets).has_quality:
        return min(search.trials, key=lambda t: t.quality)
    while meets - fails > 1:
        middle = (fails + meets) // 2
        fails, meets = (fails, middle) if tried(middle).has_quality else (middle, meets)
    return tried(meets)


def _narrowed(search: Search, chosen: Options, start: Trial) -> Trial:
    """4-bit weights in as many layers as quality allows.

    Counts are tried from all layers downwards in growing strides, then between the last two: few
    trials where most layers can be narrow, and a lucky loss of a few is not taken for a trend.
    """
    order = _plausible(chosen, search.goal)

    def tried(count: int) -> Trial:
        return search.trial(replace(start.candidate, int4=frozenset(order[:count])))

    stride, fails, meets = 1, len(order) + 1, len(order)
    while meets and not tried(meets).has_quality:
        fails, meets, stride = meets, max(0, meets - stride), 2 * stride
    while fails - meets > 1:
        middle = (fails + meets) // 2
        fails, meets = (fails, middle) if tried(middle).has_quality else (middle, meets)
    best = tried(meets) if meets else start
    rest = sorted(order[fails:], key=lambda name: -chosen.saved(name))
    for name in rest[:REFINEMENTS]:
        found = search.trial(replace(best.candidate, int4=best.candidate.int4 | {name}), name)
        if found.has_quality:
            best = found
    return best


def _plausible(chosen: Options, goal: Goal) -> tuple[str, ...]:
    """The order without layers that add far too much noise on their own."""
    if goal.min_sqnr_db is None:
        return chosen.narrow
    least = goal.min_sqnr_db - ADAROUND_GAIN_DB
    return tuple(name for name in chosen.narrow if chosen.output_sqnr_db(name) >= least)


def _fitted(search: Search, chosen: Options, plain: Trial, base: Candidate) -> Trial | None:
    """4-bit weights in layers whose noise is least for the bytes that must go; None if too few."""
    assert search.goal.max_bytes is not None
    limit = search.goal.max_bytes - plain.bytes

    def fits(names: set[str]) -> bool:
        return chosen.bytes_against_int8(replace(base, int4=frozenset(names))) <= limit

    names: set[str] = set()
    for name in chosen.narrow:
        if fits(names):
            break
        names.add(name)
    if not fits(names):
        return None
    for name in sorted(names, key=lambda name: -chosen.added_noise(name)):
        if fits(names - {name}):  # a later, larger layer made room for it
            names.remove(name)
    return search.trial(replace(base, int4=frozenset(names)))


def _thinned(
    graph: Graph, samples: Sequence[Array], labels: Array | None
) -> tuple[tuple[Array, ...], Array | None]:
    """At most ``SENSITIVITY_SAMPLES``, evenly spaced."""
    own = [own_batch(graph.tensors[name]) for name in graph.inputs]
    count = len(samples[0]) // own[0]
    chosen = np.linspace(0, count - 1, min(count, SENSITIVITY_SAMPLES)).astype(int)

    def part(array: Array, rows: int) -> Array:
        portions: Array = array.reshape(count, rows, *array.shape[1:])[chosen]
        return portions.reshape(-1, *array.shape[1:])

    thinned = tuple(part(array, rows) for array, rows in zip(samples, own, strict=True))
    return thinned, None if labels is None else part(labels, own[0])
