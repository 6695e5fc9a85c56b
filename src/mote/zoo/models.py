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
        source: Who published it, and where in the paper.
        published: What the source states, and why it differs where it does.
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
    published: str

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


def list_models() -> list[str]:
    """The names that ``create`` takes, in alphabetical order."""
    return sorted(MODELS)


def create(name: str, **arguments: Any) -> "nn.Module":
    """A new module of an architecture, with random weights.

    ``create("resnet8", num_classes=2)`` is ``resnet8(num_classes=2)``.

    Args:
        name: One of ``list_models()``.
        arguments: Those of the constructor, for example ``num_classes`` and ``in_chans``.

    Raises:
        InputError: There is no such architecture, or it does not take one of the arguments.
    """
    entry = MODELS.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, MODELS, n=1)
        raise InputError(
            f"model '{name}'",
            f"there is no such architecture, allowed: {', '.join(list_models())}",
            hint=f"did you mean '{near[0]}'?" if near else "`mote zoo` describes them",
        )
    allowed = inspect.signature(entry.constructor).parameters
    unknown = [argument for argument in arguments if argument not in allowed]
    if unknown:
        raise InputError(
            f"model '{name}'",
            f"does not take {', '.join(unknown)}, allowed: {', '.join(allowed)}",
        )
    return entry.constructor(**arguments)


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
        source="LeCun 1998, III.C.4; Han 2016 (Deep Compression), table 2",
        published="266k parameters",
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
        source="Caffe, examples/mnist; Han 2016 (Deep Compression), table 3",
        published="431k parameters",
    ),
    Entry(
        name="resnet8",
        title="MLPerf Tiny image classification",
        module="resnet",
        input_shape=(3, 32, 32),
        macs=12_501_632,
        parameters=77_946,
        weights=77_706,
        peak_ram_bytes=49_152,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published="78,666 parameters in Keras",
    ),
    Entry(
        name="ds_cnn",
        title="MLPerf Tiny keyword spotting",
        module="keyword_spotting",
        input_shape=(1, 49, 10),
        macs=2_656_768,
        parameters=23_180,
        weights=22_604,
        peak_ram_bytes=16_000,
        source="Banbury 2021 (MLPerf Tiny), section 4",
        published="",
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
        source="Zhang 2017 (Hello Edge), tables 3 and 9",
        published="",
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
        source="Zhang 2017 (Hello Edge), tables 3 and 9",
        published="",
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
        source="Zhang 2017 (Hello Edge), tables 3 and 9",
        published="",
    ),
)

MODELS: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Every architecture by name."""
