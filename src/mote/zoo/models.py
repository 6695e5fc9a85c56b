"""The table of architectures: what each is, what it costs, and who published it."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mote.errors import InputError, ToolError

if TYPE_CHECKING:
    from torch import nn


LARGEST_WIDTH_MULT = 8
LARGEST_COUNT = 65_536
"""Far above any microcontroller; bounds the memory that a slip of the finger can ask for."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An architecture with its default arguments.

    Args:
        name: Name of the constructor, in ``mote.zoo`` and for ``create``.
        title: What it is, in a few words.
        module: The module of ``mote.zoo`` that defines the constructor.
        input_shape: One input, ``(C, H, W)`` or ``(features,)``.
        macs: Multiply-accumulates for one input; see ``Cost`` for this and what follows.
        parameters: Trainable numbers, those of batch norms included.
        weights: Numbers that flash holds after batch norms are folded.
        peak_ram_bytes: Arena of the int8 activations.
        source: Who published it, and where.
        published_macs: What the source states for ``macs``, if anything.
        published_parameters: What the source states for ``parameters`` or ``weights``, if anything.
        remark: How the source counts, and by how much and why the figures differ.
    """

    name: str
    title: str
    module: str
    input_shape: tuple[int, ...]
    macs: int
    parameters: int
    weights: int
    peak_ram_bytes: int
    source: str
    published_macs: float | None = None
    published_parameters: float | None = None
    remark: str = ""

    @property
    def constructor(self) -> "Callable[..., nn.Module]":
        """The function that makes the module."""
        try:
            home = import_module(f"mote.zoo.{self.module}")
        except ImportError as error:
            raise ToolError(
                "PyTorch", "the package torch is not installed", hint="pip install 'mote[torch]'"
            ) from error
        constructor: Callable[..., nn.Module] = getattr(home, self.name)
        return constructor

    @property
    def counted_parameters(self) -> int:
        """``parameters`` or ``weights``, whichever the source counts."""
        stated = self.published_parameters
        if stated is None:
            return self.parameters
        return min(self.parameters, self.weights, key=lambda count: abs(count - stated))


def list_models() -> list[str]:
    """The names that ``create`` takes, in alphabetical order."""
    return sorted(MODELS)


def find(name: str) -> Entry:
    """The entry of an architecture.

    Raises:
        InputError: There is no such architecture.
    """
    if name in MODELS:
        return MODELS[name]
    near = difflib.get_close_matches(name, MODELS, n=1)
    raise InputError(
        f"model '{name}'",
        f"there is no such architecture, allowed: {', '.join(list_models())}",
        hint=f"did you mean '{near[0]}'?" if near else "`mote zoo` describes them",
    )


def create(name: str, **arguments: Any) -> "nn.Module":
    """A new module of an architecture, with random weights.

    ``create("resnet8", num_classes=2)`` is ``resnet8(num_classes=2)``.

    Args:
        name: One of ``list_models()``.
        arguments: Those of the constructor, for example ``num_classes`` and ``in_chans``.

    Raises:
        InputError: There is no such architecture, or it does not take one of the arguments, or not
            with this value.
    """
    constructor = find(name).constructor
    allowed = inspect.signature(constructor).parameters
    unknown = [argument for argument in arguments if argument not in allowed]
    if unknown:
        raise InputError(
            f"model '{name}'",
            f"does not take {', '.join(unknown)}, allowed: {', '.join(allowed)}",
        )
    problems = [
        f"{argument}={value}: allowed: {rule}"
        for argument, value in arguments.items()
        if (rule := _broken_rule(argument, value))
    ]
    if problems:
        raise InputError(f"model '{name}'", "some arguments are out of range", details=problems)
    return constructor(**arguments)


def _broken_rule(argument: str, value: Any) -> str:
    """The rule that a number breaks, or an empty text; other values are left to the constructor."""
    if not isinstance(value, int | float):
        return ""
    if argument == "drop_rate":
        return "" if 0 <= value < 1 else "from 0 to below 1"
    if argument == "width_mult":
        return "" if 0 < value <= LARGEST_WIDTH_MULT else f"above 0, up to {LARGEST_WIDTH_MULT}"
    whole = isinstance(value, int) and 1 <= value <= LARGEST_COUNT
    return "" if isinstance(value, bool) or whole else f"whole numbers from 1 to {LARGEST_COUNT:,}"


_ENTRIES = (
    Entry(
        name="lenet_300_100",
        title="perceptron for MNIST",
        module="lenet",
        input_shape=(784,),
        macs=266_200,
        parameters=266_610,
        weights=266_610,
        peak_ram_bytes=1_084,
        source="Han 2015, table 3; LeCun 1998, III.C.4",
        published_macs=266_000,
        published_parameters=266_000,
        remark="532k FLOP",
    ),
    Entry(
        name="lenet5",
        title="convolutions for MNIST",
        module="lenet",
        input_shape=(1, 28, 28),
        macs=2_293_000,
        parameters=431_080,
        weights=431_080,
        peak_ram_bytes=14_400,
        source="Han 2015, table 4; Caffe, examples/mnist",
        published_macs=2_293_000,
        published_parameters=431_000,
        remark="4586k FLOP",
    ),
    Entry(
        name="resnet8",
        title="image classification of MLPerf Tiny",
        module="resnet",
        input_shape=(3, 32, 32),
        macs=12_501_632,
        parameters=77_946,
        weights=77_706,
        peak_ram_bytes=49_152,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published_parameters=77_706,
        remark="counted in its .tflite; Keras shows 78,666 before folding",
    ),
    Entry(
        name="ds_cnn",
        title="keyword spotting of MLPerf Tiny",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=2_656_768,
        parameters=23_180,
        weights=22_604,
        peak_ram_bytes=16_000,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published_macs=2_660_000,
        published_parameters=22_604,
        remark="counted in its .tflite",
    ),
    Entry(
        name="ds_cnn_s",
        title="keyword spotting, small",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=2_656_768,
        parameters=23_180,
        weights=22_604,
        peak_ram_bytes=16_000,
        source="Zhang 2017 (Hello Edge), section 4",
        published_macs=2_700_000,
        remark="5.4M operations",
    ),
    Entry(
        name="ds_cnn_m",
        title="keyword spotting, medium",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=9_816_384,
        parameters=136_580,
        weights=135_032,
        peak_ram_bytes=54_180,
        source="Zhang 2017 (Hello Edge), section 4",
        published_macs=9_900_000,
        remark="19.8M operations",
    ),
    Entry(
        name="ds_cnn_l",
        title="keyword spotting, large",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=28_327_812,
        parameters=413_736,
        weights=410_700,
        peak_ram_bytes=86_940,
        source="Zhang 2017 (Hello Edge), section 4",
        published_macs=28_450_000,
        remark="56.9M operations",
    ),
    Entry(
        name="micronet_kws_s",
        title="keyword spotting, searched",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=8_326_752,
        parameters=61_332,
        weights=60_240,
        peak_ram_bytes=51_660,
        source="Banbury 2021 (MicroNets), tables 4 and 5",
        published_macs=8_200_000,
        remark="16.4M operations",
    ),
    Entry(
        name="ad_autoencoder",
        title="anomaly detection of MLPerf Tiny",
        module="autoencoder",
        input_shape=(640,),
        macs=264_192,
        parameters=267_928,
        weights=265_864,
        peak_ram_bytes=768,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published_macs=260_000,
        published_parameters=265_864,
        remark="parameters in its .tflite; 0.52M operations in MicroNets, table 4",
    ),
    Entry(
        name="mobilenet_v1_vww",
        title="person detection of MLPerf Tiny",
        module="mobilenet",
        input_shape=(3, 96, 96),
        macs=7_489_664,
        parameters=213_586,
        weights=210_850,
        peak_ram_bytes=55_296,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published_parameters=210_850,
        remark="counted in its .tflite",
    ),
    Entry(
        name="mobilenet_v1",
        title="images, depthwise separable",
        module="mobilenet",
        input_shape=(3, 224, 224),
        macs=568_740_352,
        parameters=4_231_976,
        weights=4_221_032,
        peak_ram_bytes=1_204_224,
        source="Howard 2017 (MobileNets), tables 1 and 6",
        published_macs=569_000_000,
        published_parameters=4_200_000,
    ),
    Entry(
        name="mobilenet_v2",
        title="images, inverted residuals",
        module="mobilenet",
        input_shape=(3, 224, 224),
        macs=300_774_272,
        parameters=3_504_872,
        weights=3_487_816,
        peak_ram_bytes=1_505_280,
        source="Sandler 2018 (MobileNetV2), tables 2 and 4",
        published_macs=300_000_000,
        published_parameters=3_400_000,
        remark="the paper states less than its network has; torchvision counts the same 3,504,872",
    ),
    Entry(
        name="mnasnet_b1",
        title="images, searched",
        module="searched",
        input_shape=(3, 224, 224),
        macs=314_415_872,
        parameters=4_383_312,
        weights=4_364_352,
        peak_ram_bytes=802_816,
        source="Tan 2019 (MnasNet); torchvision, mnasnet1_0",
        published_macs=310_000_000,
        published_parameters=4_383_312,
        remark="0.31 GFLOPS in torchvision's table",
    ),
    Entry(
        name="proxylessnas_mobile",
        title="images, searched",
        module="searched",
        input_shape=(3, 224, 224),
        macs=320_427_584,
        parameters=4_080_512,
        weights=4_063_264,
        peak_ram_bytes=802_816,
        source="Cai 2019 (ProxylessNAS), figure 4 (c)",
        published_macs=320_000_000,
        published_parameters=4_080_512,
        remark="counted in the released network",
    ),
    Entry(
        name="mcunet_5fps",
        title="images, for on-device training",
        module="searched",
        input_shape=(3, 128, 128),
        macs=22_455_104,
        parameters=476_842,
        weights=470_834,
        peak_ram_bytes=163_840,
        source="Lin 2022 (MCUNetV3), mcunet-5fps",
        published_macs=22_450_000,
        published_parameters=469_000,
        remark="without the classifier, batch norms folded",
    ),
    Entry(
        name="squeezenet1_1",
        title="images, fire modules",
        module="squeezenet",
        input_shape=(3, 224, 224),
        macs=349_151_936,
        parameters=1_235_496,
        weights=1_235_496,
        peak_ram_bytes=982_144,
        source="Iandola 2016 (SqueezeNet), release 1.1; torchvision",
        published_macs=350_000_000,
        published_parameters=1_235_496,
        remark="0.35 GFLOPS in torchvision's table",
    ),
)

MODELS: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Every architecture by name."""
