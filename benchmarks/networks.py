"""Networks of benchmarks, for `mote train --model benchmarks/networks.py:FUNCTION` or to plan."""

from torch import nn

from mote.zoo import Stage, inverted_residual_net

STAGES = (Stage(1, 16), Stage(4, 24, 2, 2), Stage(4, 32, 2, 2), Stage(4, 48))
"""(t, c, n, s) of five inverted residual blocks, for images of 28 x 28 to 32 x 32."""


def small_mobilenet_v2(num_classes: int = 10, in_chans: int = 1) -> nn.Module:
    """MobileNetV2 in small, with plain ReLU: rescaling channels leaves its function as it is."""
    return inverted_residual_net(
        STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        stem_chans=16,
        head_chans=128,
        stem_stride=1,
        act_layer=nn.ReLU,
    )
