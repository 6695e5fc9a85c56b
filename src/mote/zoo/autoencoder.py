"""The anomaly detection autoencoder of MLPerf Tiny."""

from torch import Tensor, nn

ENCODER_WIDTHS = (128, 128, 128, 128, 8)
DECODER_WIDTHS = (128, 128, 128, 128)


class Autoencoder(nn.Module):
    """Linear layers down to a few numbers and up again; see ``ad_autoencoder``."""

    def __init__(self, *, in_features: int) -> None:
        super().__init__()
        self.encoder = _stack(in_features, ENCODER_WIDTHS)
        self.decoder = _stack(ENCODER_WIDTHS[-1], DECODER_WIDTHS)
        self.output = nn.Linear(DECODER_WIDTHS[-1], in_features)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction ``[N, in_features]`` of features ``[N, in_features]``."""
        result: Tensor = self.output(self.decoder(self.encoder(x)))
        return result


def _stack(in_features: int, widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(in_features, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
        in_features = width
    return nn.Sequential(*layers)


def ad_autoencoder(*, in_features: int = 640) -> nn.Module:
    """The autoencoder of MLPerf Tiny: a sound is abnormal where it is reconstructed badly.

    Banbury et al. 2021, "MLPerf Tiny Benchmark", section 4; the baseline of DCASE 2020, task 2
    (Koizumi et al. 2020). Widths 128 x 4, 8, 128 x 4, each with batch norm and ReLU.

    Args:
        in_features: Elements of one input: 5 frames of 128 log-mel energies.
    """
    return Autoencoder(in_features=in_features)
