"""Sound files to samples of one size: resampled, fitted, copied with changes, made features."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from mote.data.augmentation import WaveformAugmentation
from mote.data.dataset import Parts, Split
from mote.data.features import Features, LogMel, Mfcc, features
from mote.data.layout import Layout, SplitName
from mote.data.problems import BadFileError, Progress, each
from mote.data.tree import Tree
from mote.data.wav import decode_wav, fitted, resampled
from mote.data.waveforms import excerpts, varied
from mote.errors import DataError
from mote.ir.tensor import Array

UNKNOWN, SILENCE = "unknown", "silence"
"""Classes that are added to chosen keywords."""

FEATURE_NAMES = ("mfcc", "log-mel", "waveform")

BAD_SOUNDS = "mend or remove them; sounds of several rates need a rate to resample to"


@dataclass(frozen=True, kw_only=True)
class SoundOptions:
    """How sound files become samples of one size.

    Attributes:
        rate_hz: Sounds of another rate are resampled; None takes the rate that all files then must
            have, or that of ``features``.
        seconds: Length of a sample: the middle of longer sounds; silence around shorter ones.
        features: What is computed from the sound: settings, or a name. ``mfcc`` and ``log-mel`` are
            those of MLPerf Tiny at the set's rate; ``waveform`` is the sound itself,
            ``[N, samples, 1]`` in [-1, 1].
        keywords: Only these classes, then ``unknown`` (a share of all others) and, where the set
            has background noise, ``silence``; each about as frequent as a keyword, as in
            TensorFlow's Speech Commands example. None for all classes as they are.
        copies: Changed copies of every training sound, computed once: changes of the sound itself,
            which the loop's changes of features cannot imitate.
        variation: The changes of the copies.
        seed: Of the choice of unknown words, of silence and of copies.
    """

    rate_hz: int | None = None
    seconds: float = 1.0
    features: Features | str = "mfcc"
    keywords: tuple[str, ...] | None = None
    copies: int = 0
    variation: WaveformAugmentation = field(default_factory=WaveformAugmentation)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 1_000 <= self.rate_hz <= 384_000:
            raise DataError("sounds", f"rate {self.rate_hz} Hz, allowed: 1,000 to 384,000")
        if not 0.01 <= self.seconds <= 600:
            raise DataError("sounds", f"{self.seconds:g} seconds, allowed: 0.01 to 600")
        if isinstance(self.features, str) and self.features not in FEATURE_NAMES:
            raise DataError(
                "sounds", f"features '{self.features}', allowed: {', '.join(FEATURE_NAMES)}"
            )
        if not 0 <= self.copies <= 100:
            raise DataError("sounds", f"{self.copies} copies, allowed: 0 to 100")
        words = self.keywords
        if words is not None and (not words or len({*words, UNKNOWN, SILENCE}) < len(words) + 2):
            raise DataError(
                "sounds",
                f"keywords {', '.join(words) or '(none)'}: at least one, each once, without "
                f"'{UNKNOWN}' and '{SILENCE}', which are added",
            )
        wanted = self.settings
        if wanted is not None and self.rate_hz not in (None, wanted.rate_hz):
            raise DataError(
                "sounds",
                f"rate_hz is {self.rate_hz}, that of the features {wanted.rate_hz}",
                hint="give the rate to the features alone",
            )

    @property
    def settings(self) -> Features | None:
        """The features that were asked for by their settings."""
        return None if isinstance(self.features, str) else self.features

    @property
    def wanted_rate_hz(self) -> int | None:
        """The rate that the options ask for."""
        return self.settings.rate_hz if self.settings else self.rate_hz


def read_samples(
    tree: Tree,
    layout: Layout,
    noise_names: tuple[str, ...],
    options: SoundOptions,
    progress: Progress | None,
) -> Parts:
    """The sounds of a layout; ``noise_names`` are files of background noise."""
    reader = _reader(tree, layout, options)
    noise = list(each(tree.where, noise_names, reader.sound, hint=BAD_SOUNDS))
    background = np.concatenate(noise) if noise else None
    sounds = len(layout.names)
    if options.keywords is not None and background is not None:
        layout = _with_silence(layout)
    silent = set(layout.names[sounds:])
    in_training = layout.of("train" if any(layout.splits) else None)
    training = {layout.names[i] for i in in_training}
    generator = np.random.default_rng(options.seed)

    def use(name: str) -> list[Array]:
        """A sample and its copies; copies of silence are more of it."""
        copies = options.copies if name in training else 0
        if name in silent:
            assert background is not None
            pieces = excerpts(background, 1 + copies, reader.length, generator)
            return [reader.sample(piece * generator.random(dtype=np.float32)) for piece in pieces]
        waveform = fitted(reader.sound(name), reader.length)
        rate, changes = reader.rate_hz, options.variation
        changed = varied(np.tile(waveform, (copies, 1)), rate, changes, background, generator)
        return [reader.sample(made) for made in (waveform, *changed)]

    made = list(each(tree.where, layout.names, use, hint=BAD_SOUNDS, progress=progress))
    x = np.stack([samples[0] for samples in made])
    copied = [made[i][1 + copy] for copy in range(options.copies) for i in in_training]

    def split(name: SplitName | None) -> Split | None:
        chosen = layout.of(name)
        return Split(x[chosen], layout.labels[chosen]) if len(chosen) else None

    train = split("train") or split(None)
    assert train is not None
    return Parts(
        "audio",
        layout.classes,
        train,
        split("validation"),
        split("test"),
        features=reader.settings,
        rate_hz=reader.rate_hz,
        noise=background,
        varied=np.stack(copied) if copied else None,
        details=(("rate", f"{reader.rate_hz:,} Hz"), ("length", f"{options.seconds:g} s")),
    )


@dataclass(frozen=True)
class _Reader:
    """How every sound of a set is read."""

    tree: Tree
    rate_hz: int
    length: int
    settings: Features | None
    resample: bool

    def sound(self, name: str) -> Array:
        """All of a file's samples at the set's rate."""
        sound, own_rate = decode_wav(self.tree.read(name))
        if not len(sound):
            raise BadFileError("holds no sound (0 samples)")
        if own_rate != self.rate_hz and not self.resample:
            raise BadFileError(f"has {own_rate:,} Hz, others have {self.rate_hz:,}")
        return resampled(sound, own_rate, self.rate_hz)

    def sample(self, waveform: Array) -> Array:
        """A network's sample from a sound of the right length."""
        return features(waveform[None], self.settings)[0] if self.settings else waveform[:, None]


def _reader(tree: Tree, layout: Layout, options: SoundOptions) -> _Reader:
    rate = options.wanted_rate_hz or _most_common_rate(tree, layout)
    settings = options.settings
    if isinstance(options.features, str) and options.features != "waveform":
        kind = Mfcc if options.features == "mfcc" else LogMel
        settings = kind(rate_hz=rate, high_hz=min(4_000, rate / 2))
    length = round(options.seconds * rate)
    if settings and settings.frames(length) < 1:
        raise DataError(
            "sounds", f"{options.seconds:g} s are shorter than a frame of {settings.frame_ms:g} ms"
        )
    return _Reader(tree, rate, length, settings, resample=options.wanted_rate_hz is not None)


def _with_silence(layout: Layout) -> Layout:
    """A further class in every split, as frequent as the others are on average."""
    splits = list(layout.splits)
    for split in dict.fromkeys(layout.splits):
        splits += [split] * max(1, round(len(layout.of(split)) / len(layout.classes)))
    added = len(splits) - len(layout.names)
    return replace(
        layout,
        classes=(*layout.classes, SILENCE),
        names=(*layout.names, *(f"{SILENCE} {number}" for number in range(added))),
        labels=np.concatenate([layout.labels, np.full(added, len(layout.classes))]),
        splits=tuple(splits),
    )


def _most_common_rate(tree: Tree, layout: Layout) -> int:
    """The rate that most of a few files have."""
    rates: Counter[int] = Counter()
    for name in layout.names[:: max(1, len(layout.names) // 9)]:
        try:
            rates[decode_wav(tree.read(name))[1]] += 1
        except BadFileError:
            continue  # reported with all the others
    return rates.most_common(1)[0][0] if rates else 16_000
