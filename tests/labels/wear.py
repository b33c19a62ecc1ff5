"""What happens to a label between the printer and the scanner: ink spreads, it is held askew, it fades, it is bent."""

import math
from collections.abc import Callable
from functools import partial

from PIL import Image, ImageFilter

#: A picture and its dots per mm in, a worse picture out.
Wear = Callable[[Image.Image, float], Image.Image]

#: A hand scanner held near sees about so many dots per mm.
EYE_PER_MM = 24
TUBE_MM = 12.5
GAIN_MM = 0.04


def gained(picture: Image.Image, dots_per_mm: float) -> Image.Image:
    """Return a picture whose ink spread by 0.04 mm at every edge: a quarter of the finest module, from both sides."""
    grown = max(1, round(GAIN_MM * dots_per_mm))
    return picture.filter(ImageFilter.MinFilter(2 * grown + 1))


def turned(picture: Image.Image, dots_per_mm: float, angle: float) -> Image.Image:
    """Return a picture that is held askew by some degrees."""
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def faded(picture: Image.Image, dots_per_mm: float) -> Image.Image:
    """Return a picture with a fifth less contrast: black is no longer black, white no longer white."""
    return picture.point(lambda shade: int(25 + shade * 0.8))


def bent(picture: Image.Image, dots_per_mm: float, step: int = 6) -> Image.Image:
    """Return a picture that lies round a tube of 12.5 mm: what is 45° round is seen at cos 45° of its width."""
    radius = TUBE_MM / 2 * dots_per_mm
    half = radius * math.sin(min(math.radians(80), picture.width / 2 / radius))
    width, middle = int(2 * half), picture.width / 2
    strips = []
    for left in range(0, width - step + 1, step):
        near, far = (middle + radius * math.asin((edge - width / 2) / radius) for edge in (left, left + step))
        corners = (near, 0, near, picture.height, far, picture.height, far, 0)
        strips.append(((left, 0, left + step, picture.height), corners))
    size = (width // step * step, picture.height)
    return picture.transform(size, Image.Transform.MESH, strips, Image.Resampling.BILINEAR)


def bent_along(picture: Image.Image, dots_per_mm: float) -> Image.Image:
    """Return a picture that lies along a tube: its height is bent."""
    upright = bent(picture.transpose(Image.Transpose.ROTATE_90), dots_per_mm, step=12)
    return upright.transpose(Image.Transpose.ROTATE_270)


def eyed(picture: Image.Image, dots_per_mm: float) -> tuple[Image.Image, float]:
    """Return a picture of printer dots as a scanner held near sees it, with its dots per mm."""
    parts = max(1, round(EYE_PER_MM / dots_per_mm))
    size = (picture.width * parts, picture.height * parts)
    return picture.resize(size, Image.Resampling.NEAREST), dots_per_mm * parts


WEARS: dict[str, Wear] = {
    "print gain": gained,
    "+10°": partial(turned, angle=10),
    "-10°": partial(turned, angle=-10),
    "contrast": faded,
    "tube": bent,
}
