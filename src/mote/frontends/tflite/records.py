"""What a TFLite file states, as plain values: the reader fills them, the importer judges them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Options:
    """The attributes of all supported operators; those that an operator lacks keep defaults.

    Enumerations are the schema's numbers. Pairs are (height, width). Bit i of a mask belongs to
    index i of what it masks.
    """

    activation: int = 0
    padding: int = 0
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    beta: float = 1.0
    keep_dims: bool = False
    shape: tuple[int, ...] | None = None
    squeeze: tuple[int, ...] = ()
    weights_format: int = 0
    axis: int = 0
    batch_dims: int = 0
    alpha: float = 0.0
    mode: int = 0
    approximate: bool = False
    pot_scale_int16: bool = False
    align_corners: bool = False
    half_pixel_centers: bool = False
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False
    adjoint: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, kw_only=True)
class TensorRecord:
    """A tensor.

    Args:
        name: As written, perhaps empty or repeated.
        shape: As written, perhaps nonsense.
        type: The schema's name of the element type, for example ``INT8``.
        data: Bytes of a constant; None for what is computed.
        scales, zero_points, axis: Quantisation; no scales when there is none.
        storage: Why the values cannot be read (``sparse`` and others); empty when they can.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    data: NDArray[np.uint8] | None
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    storage: str


@dataclass(frozen=True, kw_only=True)
class OperatorRecord:
    """An operator: its kind by the schema's name, its tensors by index (-1: left out).

    ``options_type`` is the schema's number of the kind of options, 0 when there are none.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_type: int
    options: Options


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """The main subgraph of a model, and how many subgraphs there are."""

    subgraphs: int
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
