"""One label on a surface: checked, its texts fitted, its codes drawn."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from labels import faces, personal
from labels.content import LONGEST_TEXT, Label, four_four
from labels.errors import LabelError, millimetres
from labels.faces import ASCENT, DESCENT, FACES, LEADING, POINTS_PER_MM
from labels.layout import Box, Layout, Mark, TextField
from labels.surface import Surface

_STEP = 0.25
_SLACK = 1e-6

#: Says whether a text is an identifier: shape and check character.
Check = Callable[[str], bool]


def checked(label: Label, check: Check) -> dict[str, str]:
    """Return a label's texts after every identifier passed and every text can and may be printed.

    Raises:
        LabelError: `label_identifier_wrong`, `label_field_too_long`, `label_character`, `label_personal`.
    """
    codes = label.codes()
    for code in codes:
        if not check(code):
            raise LabelError("label_identifier_wrong", said=code[:40])
    # An identifier may well be seven digits, and it is none of anybody's numbers.
    spelled = [four_four(code) for code in codes]
    said = {}
    for field, text in label.texts().items():
        if text in spelled and len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable():
            said[field] = text
            continue
        rest = text
        for code in spelled:
            rest = rest.replace(code, "")
        said[field] = _checked(text, field, rest)
    return said


@lru_cache(maxsize=1024)
def _checked(text: str, field: str, rest: str) -> str:
    """Return a text that may be printed; *rest* is what it says besides identifiers."""
    printable = checked_text(text, field)
    if field not in personal.EXEMPT and (what := personal.looks_like(faces.printable(rest, field))):
        raise LabelError("label_personal", field=field, what=what, text=text[:40])
    return printable


def checked_text(text: str, field: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text that can be printed; raises LabelError `label_field_too_long`, `label_character`."""
    if len(text) > longest:
        raise LabelError("label_field_too_long", field=field, length=len(text), longest=longest)
    return faces.printable(text, field)


def fitted(text: str, field: TextField) -> tuple[tuple[str, ...], float]:
    """Return the lines of a text and the largest size (points) at which it fits its field.

    Raises:
        LabelError: `label_text_cut` with the millimetres that are missing at the least size.
    """
    face, size = FACES[field.face], field.size
    if faces.width_mm(text, face, size) <= field.width and _height(1, size) <= field.height:
        return (text,), size
    while True:
        lines = faces.wrap(text, face, size, field.width)
        over = max(faces.width_mm(line, face, size) for line in lines) - field.width
        tall = _height(len(lines), size) - field.height
        if over <= 0 and tall <= 0 and len(lines) <= field.lines:
            return lines, size
        if size <= field.least:
            whole = faces.width_mm(text, face, size) - field.width * field.lines
            missing = max(over, whole, tall)
            raise LabelError(
                "label_text_cut", field=field.field, text=text[:40], missing_mm=millimetres(missing)
            )
        size = max(field.least, size - _STEP)


def _height(lines: int, size: float) -> float:
    return size * (ASCENT + DESCENT + (lines - 1) * LEADING) / POINTS_PER_MM - _SLACK


def _mark(surface: Surface, mark: Mark, box: Box) -> None:
    right, bottom = box.x + box.width, box.y + box.height
    if mark.kind == "diamond":
        inset = mark.line * 2**0.5
        middle_x, middle_y = (box.x + right) / 2, (box.y + bottom) / 2
        surface.area(
            [
                [
                    (middle_x, box.y + by),
                    (right - by, middle_y),
                    (middle_x, bottom - by),
                    (box.x + by, middle_y),
                ]
                for by in (0.0, inset)
            ]
        )
    elif mark.kind == "corner":
        surface.area([[(box.x, box.y), (right, box.y), (box.x, bottom)]])
    else:
        surface.frame(box, mark.line)


def moved(box: Box, x: float, y: float) -> Box:
    """Return a box *x* mm further right and *y* mm further down."""
    return Box(x=box.x + x, y=box.y + y, width=box.width, height=box.height)


def draw(
    surface: Surface, label: Label, texts: Mapping[str, str], layout: Layout, x: float, y: float
) -> None:
    """Draw one label whose layout's top left corner is at (*x*, *y*) mm of the page.

    Raises:
        LabelError: `label_text_cut`, `label_code_too_dense`, `label_unknown_field`.
    """
    for mark in layout.marks:
        if not mark.field or _said(texts, mark.field, layout):
            _mark(surface, mark, moved(mark, x, y))
    for field in layout.texts:
        if text := _said(texts, field.field, layout):
            lines, size = fitted(text, field)
            surface.lines(moved(field, x, y), lines, FACES[field.face], size, field.align)
    for symbol in layout.symbols:
        try:
            surface.symbol(symbol.kind, label.identifier, moved(symbol, x, y))
        except LabelError as error:
            if not (symbol.optional and error.code == "label_code_too_dense"):
                raise


def _said(texts: Mapping[str, str], field: str, layout: Layout) -> str:
    if field not in texts:
        raise LabelError("label_unknown_field", layout=layout.name, field=field, known=", ".join(texts))
    return texts[field]
