"""Depthwise separable CNNs for keyword spotting: of Hello Edge, MLPerf Tiny and MicroNets."""

from torch import Tensor, nn

from mote.zoo.layers import Activation, conv_norm_act, initialize

Block = tuple[int, tuple[int, int]]
"""Channels and strides in (time, frequency)."""


class DSCNN(nn.Module):
    """A convolution over time and frequency, then depthwise separable ones; see ``ds_cnn``."""

    def __init__(
        self,
        *,
        num_classes: int,
        in_chans: int,
        drop_rate: float,
        stem: Block,
        blocks: tuple[Block, ...],
        act_layer: Activation = nn.ReLU,
    ) -> None:
        super().__init__()
        width, stride = stem
        self.pad = nn.ZeroPad2d((1, 2, 4, 5))  # "same" for the even kernel, as in TensorFlow
        self.stem = conv_norm_act(
            in_chans, width, (10, 4), stride=stride, padding=(0, 0), act_layer=act_layer
        )
        self.blocks = nn.Sequential()
        for out_chans, stride in blocks:
            separable = nn.Sequential()
            separable.add_module(
                "depthwise",
                conv_norm_act(width, width, 3, stride=stride, groups=width, act_layer=act_layer),
            )
            separable.add_module("pointwise", conv_norm_act(width, out_chans, act_layer=act_layer))
            self.blocks.append(separable)
            width = out_chans
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.drop = nn.Dropout(drop_rate)
        self.fc = nn.Linear(width, num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``[N, num_classes]`` of features ``[N, in_chans, time, frequency]``."""
        x = self.blocks(self.stem(self.pad(x)))
        scores: Tensor = self.fc(self.drop(self.flatten(self.avgpool(x))))
        return scores


def ds_cnn(
    *,
    num_classes: int = 12,
    in_chans: int = 1,
    drop_rate: float = 0.0,
    width: int = 64,
    depth: int = 4,
) -> nn.Module:
    """DS-CNN, the keyword spotting network of MLPerf Tiny; features of 49 frames x 10 MFCCs.

    Banbury et al. 2021, "MLPerf Tiny Benchmark", section 4; the small network of Zhang et al. 2017.
    MLPerf Tiny trains it with dropout of 0.4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
        width: Channels of every layer.
        depth: Number of depthwise separable blocks.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        stem=(width, (2, 2)),
        blocks=((width, (1, 1)),) * depth,
    )


def ds_cnn_s(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN small: 64 channels, 4 blocks. Zhang et al. 2017, "Hello Edge", section 4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return ds_cnn(num_classes=num_classes, in_chans=in_chans, drop_rate=drop_rate)


def ds_cnn_m(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN medium: 172 channels, 4 blocks. Zhang et al. 2017, "Hello Edge", section 4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        stem=(172, (2, 1)),
        blocks=((172, (2, 2)), *((172, (1, 1)),) * 3),
    )


def ds_cnn_l(*, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0) -> nn.Module:
    """DS-CNN large: 276 channels, 5 blocks. Zhang et al. 2017, "Hello Edge", section 4.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        stem=(276, (2, 1)),
        blocks=((276, (2, 2)), *((276, (1, 1)),) * 4),
    )


def micronet_kws_s(
    *, num_classes: int = 12, in_chans: int = 1, drop_rate: float = 0.0
) -> nn.Module:
    """MicroNet-KWS-S: Banbury et al. 2021, "MicroNets", table 5; ReLU6 as in Arm's ML zoo.

    Args:
        num_classes: Number of scores.
        in_chans: Channels of the features.
        drop_rate: Dropout before the last layer.
    """
    return DSCNN(
        num_classes=num_classes,
        in_chans=in_chans,
        drop_rate=drop_rate,
        stem=(84, (1, 1)),
        blocks=((112, (2, 2)), (84, (1, 1)), (84, (1, 1)), (84, (1, 1)), (196, (1, 1))),
        act_layer=nn.ReLU6,
    )
