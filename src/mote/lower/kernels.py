"""The C functions of the library: which operator, types and cores each one serves."""

from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from mote.ir.tensor import DType
from mote.lower.step import Kernel

_S8 = (DType.INT8, DType.INT8)

KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("mote_conv_2d_s8", "mote_conv_2d", Conv2D, _S8),
        Kernel("mote_depthwise_conv_2d_s8", "mote_conv_2d", DepthwiseConv2D, _S8),
        Kernel("mote_fully_connected_s8", "mote_fully_connected", FullyConnected, _S8),
    )
}
"""Every kernel by name; each is defined in ``mote/kernels/<name>.c``."""
