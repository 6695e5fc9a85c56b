"""What a user decides about quantisation: calibration, schemes, repairs, and choices per layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from mote.errors import InputError

Calibration = Literal["min-max", "percentile", "mse", "kl"]
"""How the range of an activation follows from its values on the samples; ``ranges.py``."""

ActivationScheme = Literal["asymmetric", "symmetric", "full-range", "fixed-point"]
"""How scale and zero point follow from a range; ``scheme.py``."""

WeightScheme = Literal["symmetric", "full-range", "fixed-point", "fixed-point-floor"]
Granularity = Literal["per-channel", "per-tensor"]
"""What shares one weight scale: an output channel or the whole tensor."""

ActivationType = Literal["int8", "int16", "float"]
WeightType = Literal["int8", "int4"]


@dataclass(frozen=True, kw_only=True)
class LayerPrecision:
    """Element types of one layer.

    Args:
        activations: ``int8``; ``int16`` (symmetric, zero point 0, int64 bias, as TFLite's 16x8);
            ``float`` keeps the layer as it is, which the configuration must allow.
        weights: ``int8`` or ``int4`` (from -7 to 7); a layer without weights ignores it.
    """

    activations: ActivationType = "int8"
    weights: WeightType = "int8"

    def __post_init__(self) -> None:
        problems = _foreign(self, activations=ActivationType, weights=WeightType)
        if problems:
            raise InputError("LayerPrecision", "has unknown types", details=problems)


@dataclass(frozen=True, kw_only=True)
class QuantizationConfig:
    """How to quantise a float graph.

    Args:
        calibration: ``min-max`` | ``percentile`` | ``mse`` | ``kl``, for activations.
        percentile: How many percent of the values stay inside the range on each side, from 50 to
            100; for the percentile method.
        activations: ``asymmetric`` and ``symmetric`` as TFLite defines them, ``full-range`` as the
            review's eq. 9, ``fixed-point`` for Qm.n (its eq. 3, rounded to nearest).
        weights: ``symmetric`` | ``full-range`` | ``fixed-point`` | ``fixed-point-floor``, the last
            one with eq. 3's floor.
        granularity: ``per-channel`` | ``per-tensor`` weight scales.
        search_weight_scales: Take the weight scales with the least error of the layer's results;
            otherwise the greatest weight is the greatest integer.
        equalize: Move ranges between consecutive layers so that channels resemble each other.
        correct_bias: Take the mean error of every layer's result out of its bias.
        adaround: Choose for every weight whether to round it up or down.
        adaround_steps: Steps of that optimisation per layer.
        layers: Precision by layer name or pattern (``fnmatch``: ``*``, ``?``, ``[...]``); the
            first that fits decides, and layers without one are int8.
        allow_float: Keep what has no integer form, or asks for float, in float.
    """

    calibration: Calibration = "mse"
    percentile: float = 99.99
    activations: ActivationScheme = "asymmetric"
    weights: WeightScheme = "symmetric"
    granularity: Granularity = "per-channel"
    search_weight_scales: bool = True
    equalize: bool = True
    correct_bias: bool = True
    adaround: bool = False
    adaround_steps: int = 1000
    layers: Mapping[str, LayerPrecision] = field(default_factory=dict)
    allow_float: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", dict(self.layers))
        problems = _foreign(
            self,
            calibration=Calibration,
            activations=ActivationScheme,
            weights=WeightScheme,
            granularity=Granularity,
        )
        if not 50 <= self.percentile <= 100:
            problems.append(f"percentile is {self.percentile}, allowed: 50 to 100")
        elif self.calibration != "percentile" and self.percentile != type(self).percentile:
            problems.append(
                f"percentile is {self.percentile}, which calibration {self.calibration} "
                "does not read"
            )
        if self.adaround_steps < 1:
            problems.append(f"adaround_steps is {self.adaround_steps}, allowed: 1 or more")
        for name, precision in self.layers.items():
            if not isinstance(precision, LayerPrecision):
                kind = type(precision).__name__
                problems.append(f"layers[{name!r}] is a {kind}, allowed: LayerPrecision")
            elif precision.activations == "float" and not self.allow_float:
                problems.append(f"layers[{name!r}] is float, allowed: with allow_float=True")
        if problems:
            raise InputError("QuantizationConfig", "does not fit together", details=problems)

    @property
    def repairs(self) -> bool:
        """Whether anything looks at the values of layers on samples."""
        return self.search_weight_scales or self.correct_bias or self.adaround

    def precision(self, layer: str) -> LayerPrecision:
        """Of a layer by its name."""
        for pattern, precision in self.layers.items():
            if layer == pattern or fnmatchcase(layer, pattern):
                return precision
        return LayerPrecision()


def _foreign(config: object, **allowed: Any) -> list[str]:
    """What is none of the words that a field allows, one sentence each."""
    return [
        f"{name} is {getattr(config, name)!r}, allowed: {', '.join(get_args(words))}"
        for name, words in allowed.items()
        if getattr(config, name) not in get_args(words)
    ]
