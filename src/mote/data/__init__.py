"""Data sets as numpy arrays, channels last; nothing is ever downloaded."""

from mote.data.augmentation import (
    FeatureAugmentation,
    ImageAugmentation,
    MotionAugmentation,
    WaveformAugmentation,
)
from mote.data.dataset import Dataset, Split
from mote.data.features import LogMel, Mfcc
from mote.data.load import FORMATS, LoadOptions, fitting, load
from mote.data.motion import MotionOptions
from mote.data.pictures import ImageOptions
from mote.data.sound_samples import SoundOptions
from mote.data.splitting import SplitOptions

__all__ = [
    "FORMATS",
    "Dataset",
    "FeatureAugmentation",
    "ImageAugmentation",
    "ImageOptions",
    "LoadOptions",
    "LogMel",
    "Mfcc",
    "MotionAugmentation",
    "MotionOptions",
    "SoundOptions",
    "Split",
    "SplitOptions",
    "WaveformAugmentation",
    "fitting",
    "load",
]
