"""Reading the codes in a photograph: bytes in, texts and places out, within bounded size and time."""

import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from labels.errors import LabelError

MOST_BYTES = 15_000_000
MOST_PIXELS = 60_000_000
#: The whole reading ends after this many seconds, with what was found until then.
LONGEST_S = 2.5
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128])
#: QR codes are read where one is asked for: a checkpoint, never a tube.
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
#: The longest side of a view, in pixels; a code that is too large for one is right for a smaller one.
_SIDES = (1600, 1000, 3000)
#: So many views are looked at in any case: the first may show one of several codes.
_ENOUGH = 3
_MOST_CLOSER = 40


@dataclass(frozen=True, slots=True)
class Code:
    """A symbol in a picture: its text (None: it was seen and could not be read), its middle and its size in pixels."""

    text: str | None
    x: float
    y: float
    size: float

    def same_place(self, other: "Code") -> bool:
        """Say whether two sightings are of one symbol."""
        return math.dist((self.x, self.y), (other.x, other.y)) < 0.6 * max(self.size, other.size)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a photograph shows: `codes` that were read and `unread` symbols, both from the top left, row by row.

    `width`, `height`: the picture's, in pixels. `ended`: everything was tried; else the time had run out.
    """

    codes: tuple[Code, ...]
    unread: tuple[Code, ...]
    width: int
    height: int
    ended: bool = True

    @property
    def texts(self) -> list[str]:
        """The different texts, each once."""
        return list(dict.fromkeys(code.text for code in self.codes if code.text))


def opened(picture: bytes) -> Image.Image:
    """Return a photograph as shades of grey.

    Raises:
        LabelError: `photo_empty`, `photo_too_large`, `photo_unreadable`.
    """
    too_large = {"most_megabytes": MOST_BYTES // 1_000_000, "most_megapixels": MOST_PIXELS // 1_000_000}
    if not picture:
        raise LabelError("photo_empty")
    if len(picture) > MOST_BYTES:
        raise LabelError("photo_too_large", **too_large)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is asked right below
            image = Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP"))
        if image.width * image.height > MOST_PIXELS:
            raise LabelError("photo_too_large", **too_large)
        image.draft("L", (2 * max(_SIDES), 2 * max(_SIDES)))  # lets a large JPEG be decoded at half its size
        return image.convert("L")
    except Image.DecompressionBombError as error:
        raise LabelError("photo_too_large", **too_large) from error
    except LabelError:
        raise
    except Exception as error:  # whatever a broken file does to its decoder, it is one thing to a person
        raise LabelError("photo_unreadable") from error


@dataclass(frozen=True, slots=True)
class _View:
    """A picture to be read, and how a point of it gets back to the photograph: turned by *angle*, scaled by *scale*."""

    image: Image.Image
    scale: float
    angle: float = 0.0

    def back(self, x: float, y: float, photo: Image.Image) -> tuple[float, float]:
        if self.angle:
            turn = math.radians(self.angle)
            x, y = x - self.image.width / 2, y - self.image.height / 2
            x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
            x, y = x + photo.width / self.scale / 2, y + photo.height / self.scale / 2
        return x * self.scale, y * self.scale


def _thumbnail(image: Image.Image, side: int) -> _View:
    view = image.copy()
    view.thumbnail((side, side))
    return _View(view, image.width / view.width)


def _views(image: Image.Image) -> Iterator[_View]:
    """Yield ever more laborious views of a picture."""
    long_side = max(image.size)
    small = _thumbnail(image, _SIDES[0])
    yield small
    for side in _SIDES[1:]:
        if long_side > min(side, _SIDES[0]):
            yield _thumbnail(image, side)
    clear = ImageOps.autocontrast(small.image, cutoff=2)
    yield _View(clear, small.scale)
    yield _View(clear.filter(ImageFilter.UnsharpMask(radius=3, percent=250, threshold=0)), small.scale)
    for angle in (20.0, -20.0, 45.0):
        yield _View(small.image.rotate(angle, expand=True, fillcolor=255), small.scale, angle)
    yield _View(clear.filter(ImageFilter.GaussianBlur(1.5)), small.scale)


def _seen(view: _View, photo: Image.Image, accept: Callable[[str], bool]) -> Iterator[Code]:
    for each in zxingcpp.read_barcodes(view.image, formats=_FORMATS, return_errors=True):
        place = each.position
        corners = [
            view.back(corner.x, corner.y, photo)
            for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        ]
        size = (math.dist(corners[0], corners[2]) + math.dist(corners[1], corners[3])) / 2 / math.sqrt(2)
        x, y = sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4
        if each.valid and accept(each.text):
            yield Code(each.text, x, y, size)
        elif not each.valid:
            yield Code(None, x, y, size)


def _closer(image: Image.Image, around: Code) -> Iterator[_View]:
    """Yield a symbol that could not be read alone, larger and clearer."""
    reach = max(20.0, around.size)
    left, top = max(0, int(around.x - reach)), max(0, int(around.y - reach))
    part = image.crop(
        (left, top, min(image.width, int(around.x + reach)), min(image.height, int(around.y + reach)))
    )
    for side in (180, 320):
        zoom = side / max(part.size)
        size = (max(1, round(part.width * zoom)), max(1, round(part.height * zoom)))
        larger = ImageOps.autocontrast(part.resize(size, Image.Resampling.BICUBIC), cutoff=2)
        yield _View(ImageOps.expand(larger, 12, fill=255), 1.0)
        yield _View(ImageOps.expand(larger.filter(ImageFilter.MedianFilter(5)), 12, fill=255), 1.0)


def _unread(doubtful: Iterable[Code], read: list[Code], views: int) -> list[Code]:
    """Return symbols that were seen in several views and read in none: a shadow is seen in one."""
    places: list[list[Code]] = []
    for each in doubtful:
        if any(each.same_place(code) for code in read):
            continue
        near = next((place for place in places if place[0].same_place(each)), None)
        if near is None:
            places.append([each])
        else:
            near.append(each)
    sizes = sorted(code.size for code in read)
    usual = sizes[len(sizes) // 2] if sizes else None
    return [
        place[0]
        for place in places
        if len(place) >= min(2, views) and (usual is None or 0.5 * usual < place[0].size < 2 * usual)
    ]


def read_photo(picture: bytes, *, accept: Callable[[str], bool]) -> Reading:
    """Return every code in a photograph that *accept* takes, and the symbols that were seen and not read.

    A text that stands at two places is there twice. It ends when nothing is left to be tried, or after `LONGEST_S`
    seconds: then `ended` is False, and what was found until then is told. *picture* is a JPEG, PNG or WebP.

    >>> from labels.content import CapLabel
    >>> from labels.identifier import is_identifier
    >>> from labels.picture import labels_png
    >>> from labels.stock import stock
    >>> (png,) = labels_png([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=600, check=is_identifier)
    >>> reading = read_photo(png, accept=is_identifier)
    >>> [code.text for code in reading.codes], reading.unread
    (['C4K7N2XD'], ())

    Raises:
        LabelError: `photo_empty`, `photo_too_large`, `photo_unreadable`.
    """
    until = time.monotonic() + LONGEST_S
    photo = opened(picture)
    read: list[Code] = []
    doubtful: list[Code] = []
    ended = True
    for number, view in enumerate(_views(photo), start=1):
        before = len(read)
        for code in _seen(view, photo, accept):
            if code.text is None:
                doubtful.append(code)
            elif not any(code.text == each.text and code.same_place(each) for each in read):
                read.append(code)
        left = _unread(doubtful, read, number)
        if number >= _ENOUGH and read and len(read) == before and not left:
            break
        if time.monotonic() > until:
            ended = False
            break
    unread = _unread(doubtful, read, number)
    for each in list(unread)[:_MOST_CLOSER]:
        if time.monotonic() > until:
            ended = False
            break
        found = next(
            (
                code.text
                for view in _closer(photo, each)
                for code in _seen(view, photo, accept)
                if code.text is not None
            ),
            None,
        )
        if found:
            read.append(Code(found, each.x, each.y, each.size))
            unread.remove(each)
    return Reading(_in_rows(read), _in_rows(unread), photo.width, photo.height, ended)


def _in_rows(codes: list[Code]) -> tuple[Code, ...]:
    """Order symbols as one reads: by rows from the top, each from left to right."""
    rows: list[list[Code]] = []
    for each in sorted(codes, key=lambda code: code.y):
        if rows and abs(rows[-1][0].y - each.y) < 0.6 * each.size:
            rows[-1].append(each)
        else:
            rows.append([each])
    return tuple(code for row in rows for code in sorted(row, key=lambda code: code.x))


def read_codes(picture: bytes, *, accept: Callable[[str], bool]) -> list[str]:
    """Return the different texts in a photograph that *accept* takes, as one reads; none is an empty list.

    >>> read_codes(b"no picture", accept=str.isalnum)
    Traceback (most recent call last):
    labels.errors.LabelError: this is not a picture that can be read (JPEG, PNG or WebP)

    Raises:
        LabelError: `photo_empty`, `photo_too_large`, `photo_unreadable`.
    """
    return read_photo(picture, accept=accept).texts


def read_text(picture: bytes) -> str | None:
    """Return the text of the QR code in a photograph; None where there is none that can be read as UTF-8.

    >>> blank = BytesIO()
    >>> Image.new("L", (200, 200), 255).save(blank, "PNG")
    >>> read_text(blank.getvalue()) is None
    True

    Raises:
        LabelError: `photo_empty`, `photo_too_large`, `photo_unreadable`.
    """
    until = time.monotonic() + LONGEST_S
    for view in _views(opened(picture)):
        for each in zxingcpp.read_barcodes(view.image, formats=_QR):
            try:
                return each.bytes.decode()
            except UnicodeDecodeError:
                continue
        if time.monotonic() > until:
            break
    return None
