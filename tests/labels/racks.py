"""Pictures of racks and of poor labels, made by rendering: slanted, blurred, frosted, noisy."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from labels.symbols import data_matrix
from tests.labels.rendering import Identifiers

TABLE, CAP, INK = 120, 235, 30


def cap(picture: Image.Image, code: str | None, x: int, y: int, module: int) -> None:
    """Draw a cap whose middle is at (x, y), with its code on it."""
    reach = int(14 * module * 0.9)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=CAP)
    if code is None:
        return
    left, top = x - 7 * module, y - 7 * module
    for column, row, wide, tall in data_matrix(code).bars:
        corner = (left + column * module, top + row * module)
        draw.rectangle((*corner, corner[0] + wide * module - 1, corner[1] + tall * module - 1), fill=INK)


def rack(
    new: Identifiers, rows: int, columns: int, *, module: int = 4, bare: frozenset[str] = frozenset()
) -> tuple[Image.Image, dict[str, str]]:
    """Draw a rack from straight above; return it with its codes by position."""
    pitch = int(14 * module * 1.95)
    picture = Image.new("L", (columns * pitch + 160, rows * pitch + 160), TABLE)
    codes: dict[str, str] = {}
    for row in range(rows):
        for column in range(columns):
            at = f"{chr(ord('A') + row)}{column + 1}"
            code = None if at in bare else new()
            if code:
                codes[at] = code
            cap(picture, code, 80 + column * pitch + pitch // 2, 80 + row * pitch + pitch // 2, module)
    return picture, codes


def middle_of(position: str, module: int = 4) -> tuple[int, int]:
    """Return where a position is in a picture of `rack`."""
    pitch = int(14 * module * 1.95)
    row, column = ord(position[0]) - ord("A"), int(position[1:]) - 1
    return 80 + column * pitch + pitch // 2, 80 + row * pitch + pitch // 2


def slanted(picture: Image.Image, strength: float = 0.06) -> Image.Image:
    """Return a picture as taken from the side: its far edge shorter than its near one."""
    wide, tall = picture.size
    corners = (
        -strength * wide, -strength * tall, 0.0, tall * (1 + strength / 2),
        float(wide), tall * (1 + strength / 2), wide * (1 + strength), -strength * tall,
    )  # fmt: skip
    return picture.transform(
        picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=TABLE
    )


def photographed(picture: Image.Image, *, angle: float = 0, blur: float = 1.0, noise: float = 0.12) -> bytes:
    """Return a picture as a camera gives it: turned, a little out of focus, noisy, as JPEG."""
    seen = picture.filter(ImageFilter.GaussianBlur(blur)).rotate(angle, expand=True, fillcolor=TABLE)
    seen = Image.blend(seen, Image.effect_noise(seen.size, 60), noise)
    return jpeg(seen)


def jpeg(picture: Image.Image) -> bytes:
    """Return a picture as JPEG."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def frosted(picture: Image.Image, x: int, y: int, reach: int, *, half: bool = False) -> Image.Image:
    """Lay frost over a place of a picture: bright and cloudy. *half*: over the right half of it only."""
    done = picture.copy()
    left = x if half else x - reach
    box = (left, y - reach, x + reach, y + reach)
    part = picture.crop(box).filter(ImageFilter.GaussianBlur(reach / 4))
    cloud = (
        Image.effect_noise(part.size, 90)
        .filter(ImageFilter.GaussianBlur(2))
        .point(lambda shade: min(255, shade + 90))
    )
    done.paste(Image.blend(part, cloud, 0.7), box[:2])
    return done
