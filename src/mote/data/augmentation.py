"""Which random changes training samples get: settings for each kind of data, and the usual ones."""

from dataclasses import dataclass, fields
from typing import Any

from mote.data.dataset import Dataset
from mote.data.features import Mfcc
from mote.errors import DataError


@dataclass(frozen=True, kw_only=True)
class ImageAugmentation:
    """Changes of images.

    Attributes:
        shift_pixels: Moves by up to so many pixels both ways; what comes in mirrors what is there.
        flip: Mirrors half of the images left to right.
        cutout_pixels: Edge of a square that takes the mean colour (DeVries & Taylor 2017); 0 for
            none.
        brightness: All values times 1 - b to 1 + b.
        contrast: Distance of all values to the image's mean times 1 - c to 1 + c.
        saturation: Distance of colours to grey times 1 - s to 1 + s.
    """

    shift_pixels: int = 4
    flip: bool = False
    cutout_pixels: int = 0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0

    def __post_init__(self) -> None:
        _check(self, at_most_one=("brightness", "contrast", "saturation"))


@dataclass(frozen=True, kw_only=True)
class FeatureAugmentation:
    """Changes of audio features: SpecAugment (Park et al. 2019) without its warping.

    Attributes:
        shift_frames: Moves by up to so many frames; the first or last frame fills the gap.
        time_masks: Stretches of frames that take the mean.
        time_mask_frames: Length of each, from 0 to this.
        frequency_masks: Bands of coefficients that take the mean.
        frequency_mask_coefficients: Width of each, from 0 to this.
    """

    shift_frames: int = 5
    time_masks: int = 1
    time_mask_frames: int = 5
    frequency_masks: int = 0
    frequency_mask_coefficients: int = 5

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, kw_only=True)
class WaveformAugmentation:
    """Changes of sounds.

    Attributes:
        shift_ms: Moves by up to so many milliseconds; silence fills the gap.
        gain_db: Louder or softer by up to so many decibels.
        noise: Share of the sounds that get background noise, when the set has any.
        noise_db: The noise's level, below that of the sound, from and to.
    """

    shift_ms: float = 100.0
    gain_db: float = 6.0
    noise: float = 0.5
    noise_db: tuple[float, float] = (5.0, 30.0)

    def __post_init__(self) -> None:
        _check(self, at_most_one=("noise",))
        if not self.noise_db[0] <= self.noise_db[1]:
            raise DataError("augmentation", f"noise_db {self.noise_db}: the first is the lower")


@dataclass(frozen=True, kw_only=True)
class MotionAugmentation:
    """Changes of motion (Um et al. 2017).

    Attributes:
        shift_rows: Moves by up to so many rows; the first or last row fills the gap.
        scale: All values times 1 - s to 1 + s.
        jitter: Standard deviation of added noise, as a share of each channel's.
        rotation_degrees: Turns the sensor by up to so much about a random axis; channels come in
            threes: x, y, z.
    """

    shift_rows: int = 6
    scale: float = 0.1
    jitter: float = 0.03
    rotation_degrees: float = 0.0

    def __post_init__(self) -> None:
        _check(self, at_most_one=("scale",))


Augmentation = ImageAugmentation | FeatureAugmentation | WaveformAugmentation | MotionAugmentation


def usual_augmentation(dataset: Dataset) -> Augmentation | None:
    """Light changes that hardly ever harm; None for tables.

    Images move by an eighth of their edge; colour images are mirrored too, which is wrong for a set
    that tells left from right. Sounds and motion move by a tenth of their length.
    """
    shape = dataset.sample_shape
    match dataset.kind:
        case "image":
            return ImageAugmentation(shift_pixels=min(shape[:2]) // 8, flip=shape[2] == 3)
        case "audio" if dataset.features is None:
            return WaveformAugmentation()
        case "audio":
            tenth = shape[0] // 10
            bands = 0 if isinstance(dataset.features, Mfcc) else 1
            return FeatureAugmentation(
                shift_frames=tenth,
                time_mask_frames=tenth,
                frequency_masks=bands,
                frequency_mask_coefficients=shape[1] // 8,
            )
        case "motion":
            return MotionAugmentation(shift_rows=shape[0] // 10)
        case "table":
            return None


def _check(settings: Any, at_most_one: tuple[str, ...] = ()) -> None:
    """No number is negative, and shares are at most 1."""
    problems = []
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, tuple):
            continue
        if value < 0 or (field.name in at_most_one and value > 1):
            top = " to 1" if field.name in at_most_one else " or more"
            problems.append(f"{field.name} {value:g}, allowed: 0{top}")
    if problems:
        raise DataError("augmentation", "the settings cannot be", details=problems)
