"""Adaptive rounding: up or down for every weight, so that a layer's results change least.

After M. Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization", ICML 2020.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.quantization.moments import Moments

Reals = NDArray[np.float64]

ZETA, GAMMA = 1.1, -0.1
"""The rectified sigmoid reaches 0 and 1 at finite values (section 4.2, after Louizos et al.)."""

REGULARIZATION = 0.01
BETA_FIRST, BETA_LAST = 20.0, 2.0
WARM_UP = 0.2
"""Share of the steps before the regulariser acts."""

LEARNING_RATE = 0.02
MOMENTS = 0.9, 0.999
SWEEPS = 4
DAMPING = 0.01
"""Share of the mean variance that is added to every variance: directions that the samples do not
show still count."""


@dataclass(frozen=True)
class Objective:
    """What weight errors cost: d H d - 2 d r for a row of errors d (the row's layer-wise error).

    The squared error of a layer's results, before the activation and apart from what no rounding
    changes, with the quantised input against the float target (asymmetric reconstruction, eq. 25):
    E[((w + d) x_q - w x)^2] = d H d - 2 d r + constant, H = E[x_q x_q'], r = (E[x_q x'] - H) w.
    Moments are central: the bias takes the means.

    Args:
        gram: H, [G, K, K]; None for the identity.
        residual: r, [G, rows, K].
    """

    gram: Reals | None
    residual: Reals

    @staticmethod
    def of(weights: Reals, moments: Moments | None) -> "Objective":
        """For weights [G, rows, K]; without covariances, their own squared error."""
        if moments is None or moments.covariance is None or moments.cross is None:
            return Objective(None, np.zeros_like(weights))
        gram = moments.covariance
        residual = weights @ (moments.cross - gram).transpose(0, 2, 1)
        variance = np.einsum("gkk->gk", gram)
        damping = np.maximum(DAMPING * variance.mean(1), np.finfo(np.float64).tiny)
        return Objective(gram + damping[:, None, None] * np.eye(gram.shape[1]), residual)

    def errors(self, d: Reals) -> Reals:
        """[G, rows] of errors d [G, rows, K]."""
        bent = d if self.gram is None else d @ self.gram
        return np.asarray(((bent - 2 * self.residual) * d).sum(-1))

    def in_steps(self, scales: Reals) -> "Objective":
        """For errors counted in steps of a scale per row, divided by that scale's square."""
        return replace(self, residual=self.residual / scales)


def adaround(steps: Reals, objective: Objective, top: int, iterations: int) -> Reals:
    """Whole numbers next to ``steps``, each its floor or its ceiling, within ``top``.

    Minimises the objective plus the regulariser over V with w = floor + h(V) (eq. 21, 23, 24) by
    Adam, then rounds h, then turns single weights while that lowers the objective. No row ends
    worse than rounded to nearest. The start is h(V) = the fraction, and nothing is random.

    Args:
        steps: Weights over their scale, [G, rows, K].
        objective: In steps.
    """
    low = np.clip(np.floor(steps), -top, top - 1)
    fraction = np.clip(steps - low, 0.0, 1.0)
    nearest = np.clip(np.floor(steps + 0.5), low, low + 1)
    candidates = [nearest]
    if objective.gram is not None:
        candidates.append(low + (_relaxed(low, steps, fraction, objective, iterations) >= 0.5))
    polished = [_polished(c, low, steps, objective) for c in candidates]
    errors = [objective.errors(c - steps) for c in polished]
    best = np.argmin(errors, axis=0)
    return np.asarray(np.choose(best[..., None], polished))


def rectified_sigmoid(v: Reals) -> Reals:
    """h(V) = clip(sigmoid(V) (zeta - gamma) + gamma, 0, 1) (eq. 23)."""
    return np.clip((ZETA - GAMMA) / (1 + np.exp(-v)) + GAMMA, 0, 1)


def regularizer(h: Reals, beta: float) -> Reals:
    """1 - |2 h - 1|^beta, elementwise (eq. 24): 0 at both ends, sharper for a small beta."""
    return np.asarray(1 - np.abs(2 * h - 1) ** beta)


def _relaxed(
    low: Reals, steps: Reals, fraction: Reals, objective: Objective, iterations: int
) -> Reals:
    """h(V) at the end of the optimisation."""
    assert objective.gram is not None
    curvature = np.einsum("gkk->gk", objective.gram).mean(1)[:, None, None]
    gram, residual = objective.gram / curvature, objective.residual / curvature
    inside = np.clip((fraction - GAMMA) / (ZETA - GAMMA), 1e-6, 1 - 1e-6)
    v = np.log(inside / (1 - inside))
    mean, square = np.zeros_like(v), np.zeros_like(v)
    warm_up = int(WARM_UP * iterations)
    for i in range(iterations):
        sigmoid = 1 / (1 + np.exp(-v))
        h = np.clip(sigmoid * (ZETA - GAMMA) + GAMMA, 0, 1)
        d = low + h - steps
        gradient = 2 * (d @ gram - residual)
        if i >= warm_up:
            done = (i - warm_up) / max(1, iterations - warm_up)
            beta = BETA_LAST + (BETA_FIRST - BETA_LAST) * 0.5 * (1 + np.cos(np.pi * done))
            centred = 2 * h - 1
            slope = 2 * beta * np.sign(centred) * np.abs(centred) ** (beta - 1)
            gradient -= REGULARIZATION * slope
        gradient *= np.where((h > 0) & (h < 1), sigmoid * (1 - sigmoid) * (ZETA - GAMMA), 0)
        mean += (1 - MOMENTS[0]) * (gradient - mean)
        square += (1 - MOMENTS[1]) * (gradient**2 - square)
        unbiased = mean / (1 - MOMENTS[0] ** (i + 1))
        scale = np.sqrt(square / (1 - MOMENTS[1] ** (i + 1))) + 1e-8
        v -= LEARNING_RATE * unbiased / scale
    return rectified_sigmoid(v)


def _polished(whole: Reals, low: Reals, steps: Reals, objective: Objective) -> Reals:
    """Turn one weight of every row at a time to the better of its two values, in sweeps.

    Each turn lowers a row's objective or leaves it: with the others fixed it is a parabola.
    """
    if objective.gram is None:
        return whole
    whole = whole.copy()
    gram = objective.gram
    slope = (whole - steps) @ gram - objective.residual  # half the gradient
    for _ in range(SWEEPS):
        turned = False
        for k in range(whole.shape[2]):
            other = 2 * low[..., k] + 1 - whole[..., k]
            move = other - whole[..., k]
            gain = move * (move * gram[:, None, k, k] + 2 * slope[..., k])
            move = np.where(gain < 0, move, 0.0)
            if not move.any():
                continue
            turned = True
            whole[..., k] += move
            slope += move[..., None] * gram[:, None, k]
        if not turned:
            break
    return whole
