"""Images in files, one folder per class: JPEG, PNG and what else Pillow reads, to uint8 arrays."""

import io
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.layout import Layout, by_class_folder
from mote.data.problems import BadFileError, Progress, each
from mote.data.tree import Tree
from mote.errors import DataError, ToolError
from mote.ir.tensor import Array

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")

MAX_PIXELS = 1 << 27
"""Larger images are refused before they are unpacked: a small file may claim any size."""

Colours = Literal["auto", "rgb", "grey"]
Fit = Literal["crop", "stretch"]

MAX_EDGE = 4096


@dataclass(frozen=True, kw_only=True)
class ImageOptions:
    """How image files become arrays of one size.

    Attributes:
        size: Height and width; None keeps the size that all images then must have.
        fit: ``crop`` keeps the proportions, fills the size and cuts from the middle; ``stretch``
            distorts.
        colours: ``auto`` is grey when every file is.
    """

    size: tuple[int, int] | None = None
    fit: Fit = "crop"
    colours: Colours = "auto"

    def __post_init__(self) -> None:
        if self.size is not None and not all(1 <= edge <= MAX_EDGE for edge in self.size):
            raise DataError("images", f"size {self.size}, allowed: 1 to {MAX_EDGE} each")
        if self.fit not in ("crop", "stretch"):
            raise DataError("images", f"fit {self.fit!r}, allowed: crop, stretch")
        if self.colours not in ("auto", "rgb", "grey"):
            raise DataError("images", f"colours {self.colours!r}, allowed: auto, rgb, grey")


def read_images(tree: Tree, options: ImageOptions, progress: Progress | None) -> Parts:
    """Images ``[N, H, W, 3]`` or ``[N, H, W, 1]``, uint8, in the order of their paths."""
    names = tree.with_suffix(*SUFFIXES)
    layout = by_class_folder(tree, names, "images")
    decode = decoder(options)
    hint = "mend or remove them"
    images = list(
        each(tree.where, names, lambda n: decode(tree.read(n)), hint=hint, progress=progress)
    )
    x = _stacked(tree, layout, images)
    own_splits = any(layout.splits)

    def split(name: Literal["train", "validation", "test"]) -> Split | None:
        chosen = layout.of(name if own_splits else None)
        return Split(x[chosen], layout.labels[chosen]) if len(chosen) else None

    train = split("train")
    assert train is not None
    if not own_splits:
        return Parts("image", layout.classes, train)
    return Parts("image", layout.classes, train, split("validation"), split("test"))


def decoder(options: ImageOptions) -> Callable[[bytes], Array]:
    """A function from a file's bytes to uint8 ``[H, W, 1 or 3]``; it raises BadFileError."""
    pillow = _pillow()
    resampling = pillow.Image.Resampling.BILINEAR

    def decode(data: bytes) -> Array:
        if not data:
            raise BadFileError("is empty")
        try:
            with warnings.catch_warnings():
                # Pillow warns of sizes and of odd metadata; sizes are checked here.
                warnings.simplefilter("ignore")
                with pillow.Image.open(io.BytesIO(data)) as image:
                    if image.width * image.height > MAX_PIXELS:
                        raise BadFileError(f"has {image.width:,} x {image.height:,} pixels")
                    upright = pillow.ImageOps.exif_transpose(image)
                    plain = _plain(upright, options.colours)
        except (BadFileError, MemoryError):
            raise
        except pillow.Image.DecompressionBombError:
            raise BadFileError("claims more pixels than any image has") from None
        except pillow.UnidentifiedImageError:
            raise BadFileError("is no image that Pillow knows") from None
        except Exception as error:  # a decoder may fail in any way on damaged bytes
            raise BadFileError(f"is damaged ({str(error).partition(chr(10))[0]})") from None
        if options.size is not None:
            height, width = options.size
            if options.fit == "crop":
                plain = pillow.ImageOps.fit(plain, (width, height), resampling)
            else:
                plain = plain.resize((width, height), resampling)
        pixels = np.array(plain, np.uint8)
        return pixels if pixels.ndim == 3 else pixels[..., None]

    return decode


def _plain(image: Any, colours: Colours) -> Any:
    """The image as 8-bit grey or RGB."""
    if image.mode in ("I", "F"):
        raise BadFileError(f"has pixels of mode {image.mode}, allowed: 8 or 16 bits per channel")
    if image.mode.startswith("I;16"):
        values = np.array(image, np.uint16) >> 8
        image = _pillow().Image.fromarray(values.astype(np.uint8))
    grey = image.mode in ("1", "L", "LA", "La")
    return image.convert("L" if colours == "grey" or (colours == "auto" and grey) else "RGB")


def _stacked(tree: Tree, layout: Layout, images: list[Array]) -> Array:
    """All images in one array; grey ones get three equal channels where others have colours.

    Empties the list.
    """
    sizes = Counter(image.shape[:2] for image in images)
    if len(sizes) > 1:
        (height, width), most = sizes.most_common(1)[0]
        odd = next(
            n for n, i in zip(layout.names, images, strict=True) if i.shape[:2] != (height, width)
        )
        raise DataError(
            tree.where,
            f"the images have {len(sizes):,} sizes: {most:,} of {len(images):,} have {height} x "
            f"{width} (height x width), {odd} for example has not",
            hint=f"give the size that all shall have, for example {height} x {width}",
        )
    channels = max(image.shape[2] for image in images)
    x = np.empty((len(images), *images[0].shape[:2], channels), np.uint8)
    for place in reversed(x):
        place[...] = images.pop()  # a large set is never in memory twice
    return x


def _pillow() -> ModuleType:
    try:
        import PIL
        import PIL.Image
        import PIL.ImageOps
    except ImportError:
        raise ToolError(
            "image files", "Pillow is not installed", hint="pip install 'mote[data]'"
        ) from None
    return PIL
