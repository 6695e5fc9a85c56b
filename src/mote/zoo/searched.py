"""Inverted residual networks that architecture searches found: MNasNet, ProxylessNAS, MCUNet."""

from torch import nn

from mote.zoo.inverted_residual import Stage, inverted_residual_net
from mote.zoo.layers import Activation

MNASNET_B1_STAGES = (
    Stage(1, 16, 1, 1, 3),
    Stage(3, 24, 3, 2, 3),
    Stage(3, 40, 3, 2, 5),
    Stage(6, 80, 3, 2, 5),
    Stage(6, 96, 2, 1, 3),
    Stage(6, 192, 4, 2, 5),
    Stage(6, 320, 1, 1, 3),
)
"""Tan et al. 2019, "MnasNet", the network without squeeze-and-excitation."""

PROXYLESSNAS_MOBILE_STAGES = (
    Stage(1, 16, 1, 1, 3),
    Stage(3, 32, 1, 2, 5),
    Stage(3, 32, 1, 1, 3),
    Stage(3, 40, 1, 2, 7),
    Stage(3, 40, 1, 1, 3),
    Stage(3, 40, 2, 1, 5),
    Stage(6, 80, 1, 2, 7),
    Stage(3, 80, 3, 1, 5),
    Stage(6, 96, 1, 1, 5),
    Stage(3, 96, 3, 1, 5),
    Stage(6, 192, 1, 2, 7),
    Stage(6, 192, 1, 1, 7),
    Stage(3, 192, 2, 1, 7),
    Stage(6, 320, 1, 1, 7),
)
"""Cai et al. 2019, "ProxylessNAS", figure 4 (c)."""

MCUNET_5FPS_STAGES = (
    Stage(1, 8, 1, 1, 3),
    Stage(4, 16, 1, 2, 3),
    Stage(3, 16, 1, 1, 3),
    Stage(3, 24, 1, 2, 7),
    Stage(5, 24, 1, 1, 3),
    Stage(5, 40, 1, 2, 3),
    Stage(4, 40, 1, 1, 7),
    Stage(4, 48, 1, 1, 5),
    Stage(3, 48, 1, 1, 3),
    Stage(4, 48, 1, 1, 3),
    Stage(5, 96, 1, 2, 7),
    Stage(4, 96, 2, 1, 5),
    Stage(6, 160, 1, 1, 3),
)
"""The model ``mcunet-5fps`` of Lin et al. 2022, "On-Device Training Under 256KB Memory"."""


def mnasnet_b1(
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
    stem_stride: int = 2,
    act_layer: Activation = nn.ReLU,
) -> nn.Module:
    """MnasNet-B1: Tan et al. 2019, "MnasNet"; the network that torchvision calls MNASNet.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: Factor on all channels but the last 1280, which become multiples of 8.
        drop_rate: Dropout before the classifier; the paper trains with 0.2.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
        act_layer: Activation behind each norm but that of a projection.
    """
    return inverted_residual_net(
        MNASNET_B1_STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        width_mult=width_mult,
        drop_rate=drop_rate,
        stem_stride=stem_stride,
        act_layer=act_layer,
    )


def proxylessnas_mobile(
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
    stem_stride: int = 2,
    act_layer: Activation = nn.ReLU6,
) -> nn.Module:
    """ProxylessNAS-Mobile: Cai et al. 2019, "ProxylessNAS", figure 4 (c).

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: Factor on all channels but the last 1280, which become multiples of 8.
        drop_rate: Dropout before the classifier.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
        act_layer: Activation behind each norm but that of a projection.
    """
    return inverted_residual_net(
        PROXYLESSNAS_MOBILE_STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        width_mult=width_mult,
        drop_rate=drop_rate,
        stem_stride=stem_stride,
        act_layer=act_layer,
        norm_eps=1e-3,
    )


def mcunet_5fps(*, num_classes: int = 10, in_chans: int = 3, drop_rate: float = 0.0) -> nn.Module:
    """mcunet-5fps, the network of MCUNet's on-device training; images of 128 x 128.

    Lin et al. 2022, "On-Device Training Under 256KB Memory"; found with the search of
    "MCUNet" (Lin et al. 2020). No convolution stands between the last block and the pool.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        drop_rate: Dropout before the classifier.
    """
    return inverted_residual_net(
        MCUNET_5FPS_STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        stem_chans=16,
        head_chans=None,
        norm_eps=1e-3,
    )
