"""MobileNetV1 and MobileNetV2 of any width."""

from torch import Tensor, nn

from mote.zoo.inverted_residual import Stage, inverted_residual_net
from mote.zoo.layers import Activation, classifier, conv_norm_act, initialize, make_divisible

V1_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
"""(channels, stride) of each depthwise separable block: Howard et al. 2017, table 1."""

V2_STAGES = (
    Stage(1, 16, 1, 1),
    Stage(6, 24, 2, 2),
    Stage(6, 32, 3, 2),
    Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1),
    Stage(6, 160, 3, 2),
    Stage(6, 320, 1, 1),
)
"""Sandler et al. 2018, table 2."""


class MobileNetV1(nn.Module):
    """A convolution and depthwise separable blocks; see ``mobilenet_v1``."""

    def __init__(
        self,
        *,
        num_classes: int,
        in_chans: int,
        width_mult: float,
        drop_rate: float,
        stem_stride: int,
        act_layer: Activation,
    ) -> None:
        super().__init__()
        channels = make_divisible(32 * width_mult)
        layers = [conv_norm_act(in_chans, channels, 3, stride=stem_stride, act_layer=act_layer)]
        for width, stride in V1_BLOCKS:
            out_chans = make_divisible(width * width_mult)
            layers.append(
                nn.Sequential(
                    conv_norm_act(
                        channels, channels, 3, stride=stride, groups=channels, act_layer=act_layer
                    ),
                    conv_norm_act(channels, out_chans, act_layer=act_layer),
                )
            )
            channels = out_chans
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = classifier(channels, num_classes, drop_rate)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of images ``[N, in_chans, H, W]``."""
        scores: Tensor = self.classifier(self.flatten(self.avgpool(self.features(x))))
        return scores


def mobilenet_v1(
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
    stem_stride: int = 2,
    act_layer: Activation = nn.ReLU,
) -> nn.Module:
    """MobileNetV1: Howard et al. 2017, "MobileNets", table 1; images of any size.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: The paper's alpha: factor on all channels, which become multiples of 8.
        drop_rate: Dropout before the classifier.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
        act_layer: Activation behind each norm.
    """
    return MobileNetV1(
        num_classes=num_classes,
        in_chans=in_chans,
        width_mult=width_mult,
        drop_rate=drop_rate,
        stem_stride=stem_stride,
        act_layer=act_layer,
    )


def mobilenet_v1_vww(
    *, num_classes: int = 2, in_chans: int = 3, drop_rate: float = 0.0
) -> nn.Module:
    """MobileNetV1 of a quarter of the width, MLPerf Tiny's person detector; images of 96 x 96.

    Banbury et al. 2021, "MLPerf Tiny Benchmark", section 4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        drop_rate: Dropout before the classifier.
    """
    return mobilenet_v1(
        num_classes=num_classes, in_chans=in_chans, width_mult=0.25, drop_rate=drop_rate
    )


def mobilenet_v2(
    *,
    num_classes: int = 1000,
    in_chans: int = 3,
    width_mult: float = 1.0,
    drop_rate: float = 0.0,
    stem_stride: int = 2,
    act_layer: Activation = nn.ReLU6,
) -> nn.Module:
    """MobileNetV2: Sandler et al. 2018, "MobileNetV2", table 2; images of any size.

    Parameters are named as in torchvision, whose weights can be loaded.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the images.
        width_mult: Factor on all channels, which become multiples of 8; the last convolution keeps
            its 1280 channels below 1.0.
        drop_rate: Dropout before the classifier; torchvision trains with 0.2.
        stem_stride: Stride of the first convolution; 1 suits images of 32 x 32.
        act_layer: Activation behind each norm but that of a projection.
    """
    return inverted_residual_net(
        V2_STAGES,
        num_classes=num_classes,
        in_chans=in_chans,
        width_mult=width_mult,
        drop_rate=drop_rate,
        head_chans=make_divisible(1280 * max(1.0, width_mult)),
        stem_stride=stem_stride,
        act_layer=act_layer,
    )
