"""Networks of inverted residual blocks, described by tables as in the MobileNetV2 paper."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from mote.zoo.layers import Activation, classifier, conv_norm_act, initialize, make_divisible


class Stage(NamedTuple):
    """One row (t, c, n, s, k) of a table of blocks (Sandler et al. 2018, table 2).

    Args:
        expand: Expansion ratio t: channels of the depthwise convolution over input channels.
        channels: Output channels c, before the width multiplier.
        repeats: Number of blocks n.
        stride: Stride s of the first block; the others have 1.
        kernel: Kernel size k of the depthwise convolutions.
    """

    expand: float
    channels: int
    repeats: int = 1
    stride: int = 1
    kernel: int = 3


class InvertedResidual(nn.Module):
    """Expand by 1 x 1, filter each channel, project by 1 x 1 without activation; add the input.

    Sandler et al. 2018, section 3.3. The expansion is left out at ratio 1, the addition where
    shapes differ.
    """

    def __init__(
        self,
        in_chans: int,
        mid_chans: int,
        out_chans: int,
        *,
        kernel: int,
        stride: int,
        act_layer: Activation,
        norm_eps: float,
    ) -> None:
        super().__init__()
        self.use_res_connect = stride == 1 and in_chans == out_chans
        layers: list[nn.Module] = []
        if mid_chans != in_chans:
            layers.append(
                conv_norm_act(in_chans, mid_chans, act_layer=act_layer, norm_eps=norm_eps)
            )
        layers.append(
            conv_norm_act(
                mid_chans,
                mid_chans,
                kernel,
                stride=stride,
                groups=mid_chans,
                act_layer=act_layer,
                norm_eps=norm_eps,
            )
        )
        layers.append(nn.Conv2d(mid_chans, out_chans, 1, bias=False))
        layers.append(nn.BatchNorm2d(out_chans, eps=norm_eps))
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.use_res_connect else y


class InvertedResidualNet(nn.Module):
    """Stem, blocks, an optional last convolution, classifier; see ``inverted_residual_net``."""

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        num_classes: int,
        in_chans: int,
        width_mult: float,
        drop_rate: float,
        stem_chans: int,
        head_chans: int | None,
        stem_stride: int,
        act_layer: Activation,
        norm_eps: float,
    ) -> None:
        super().__init__()
        channels = make_divisible(stem_chans * width_mult)
        stem = conv_norm_act(
            in_chans, channels, 3, stride=stem_stride, act_layer=act_layer, norm_eps=norm_eps
        )
        layers: list[nn.Module] = [stem]
        for stage in stages:
            out_chans = make_divisible(stage.channels * width_mult)
            for repeat in range(stage.repeats):
                block = InvertedResidual(
                    channels,
                    round(channels * stage.expand),
                    out_chans,
                    kernel=stage.kernel,
                    stride=stage.stride if repeat == 0 else 1,
                    act_layer=act_layer,
                    norm_eps=norm_eps,
                )
                layers.append(block)
                channels = out_chans
        if head_chans is not None:
            layers.append(
                conv_norm_act(channels, head_chans, act_layer=act_layer, norm_eps=norm_eps)
            )
            channels = head_chans
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = classifier(channels, num_classes, drop_rate)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of images ``[N, in_chans, H, W]``."""
        scores: Tensor = self.classifier(self.flatten(self.avgpool(self.features(x))))
        return scores


def inverted_residual_net(
    stages: Sequence[Stage],
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
    stem_chans: int = 32,
    head_chans: int | None = 1280,
    stem_stride: int = 2,
    act_layer: Activation = nn.ReLU6,
    norm_eps: float = 1e-5,
) -> nn.Module:
    """A network of inverted residual blocks from your own table.

    ``mobilenet_v2``, ``mnasnet_b1``, ``proxylessnas_mobile`` and ``mcunet_5fps`` are such networks.
    Parameters are named as in torchvision's MobileNetV2.

    Args:
        stages: Rows (t, c, n, s, k).
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: Factor on the channels of stem and stages, which become multiples of 8.
        drop_rate: Dropout before the classifier.
        stem_chans: Channels of the first convolution, before ``width_mult``.
        head_chans: Channels of the 1 x 1 convolution before the pool; None for no such layer.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
        act_layer: Activation behind each norm but that of a projection.
        norm_eps: Epsilon of the batch norms.
    """
    return InvertedResidualNet(
        stages,
        num_classes=num_classes,
        in_chans=in_chans,
        width_mult=width_mult,
        drop_rate=drop_rate,
        stem_chans=stem_chans,
        head_chans=head_chans,
        stem_stride=stem_stride,
        act_layer=act_layer,
        norm_eps=norm_eps,
    )
