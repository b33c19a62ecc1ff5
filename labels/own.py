"""A site's own folder of layouts and stocks: everything that is wrong with it, before anything is printed from it.

In it: a TOML file per layout, as those in `labels/layouts`, and `stocks.toml`, as the one in `labels`. A layout with
the name of one that comes with the library stands before it, on every stock that takes it.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from pathlib import Path

from labels import layout as layouts
from labels import stock as stocks
from labels.content_file import BY_ROLE, TYPES
from labels.errors import LabelError
from labels.layout import Layout
from labels.stock import Stock
from labels.symbols import MAKERS, module_dots

STOCKS = "stocks.toml"
#: An identifier of which nothing is printed.
_CODE = "C4K7N2XD"


def problems(folder: Path) -> list[str]:
    """Return what is wrong with a folder, a sentence each, beginning with the file it is about; empty when it is right.

    Asked are: the TOML, every box of every layout (safe area, overlaps), that each layout fits each stock that takes it
    and every resolution of that stock, that it shows the identifier in words, and that it asks for no field that such a
    label does not have.

    >>> problems(Path("/nowhere"))
    ['/nowhere: is no folder']
    """
    if not folder.is_dir():
        return [f"{folder}: is no folder"]
    found = [said for path in sorted(folder.glob("*.toml")) if path.name != STOCKS for said in _layout(path)]
    own = _stocks(folder)
    wrong = found + [each for each in own if isinstance(each, str)]
    if wrong:
        return wrong  # what stands on a layout that cannot be read would only repeat it
    return [said for each in own if isinstance(each, Stock) for said in _on(each)]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 text (byte {error.start + 1})") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def _layout(path: Path) -> list[str]:
    try:
        layouts.read(_text(path), path.stem)
    except ValueError as error:
        return [f"{path.name}: {str(error).removeprefix(f'{path.stem}: ')}"]
    return []


def _stocks(folder: Path) -> list[Stock | str]:
    """Return the library's stocks with the folder's layouts, and the folder's own; words for what cannot be read."""
    found: list[Stock | str] = [replace(each, folder=folder) for each in stocks.stocks().values()]
    path = folder / STOCKS
    if not path.is_file():
        return found
    try:
        said = tomllib.loads(_text(path))
    except ValueError as error:
        return [*found, f"{STOCKS}: {error}"]
    for code, each in said.items():
        try:
            found.append(stocks.made(code, each, folder))
        except ValueError as error:
            found.append(f"{STOCKS}: {error}")
    return found


def _on(stock: Stock) -> Iterator[str]:
    for role in stock.layouts:
        name = stock.layouts[role]
        where = f"{name}.toml on {stock.code}"
        if role not in BY_ROLE:
            yield f"{STOCKS}: stock {stock.code}: there is no kind of label {role}; it is one of {', '.join(BY_ROLE)}"
            continue
        try:
            found = stock.layout_for(role)
        except ValueError as error:
            yield f"{where}: {error}"
            continue
        yield from (f"{where}: {said}" for said in _asked_for(found, role))
        yield from (f"{where}: {said}" for said in _dense(found, stock))


def _asked_for(layout: Layout, role: str) -> Iterator[str]:
    """Yield a sentence for each field of a layout that a label of a kind does not have."""
    of = TYPES[BY_ROLE[role]]
    said = {each.name: 1 if each.type is int else _CODE for each in fields(of) if each.default is MISSING}
    known = of(**said | ({"number": role} if BY_ROLE[role] == "hazard" else {})).texts()
    asked = [each.field for each in layout.texts] + [each.field for each in layout.marks if each.field]
    if (
        role != "cap" and "identifier" not in asked
    ):  # what a scanner cannot read any more, a person still has to
        yield "the identifier is in the code alone; a label shows it in words too"
    for field in asked:
        if field not in known:
            yield f"there is no field {field!r}; a label of the kind {role} has {', '.join(known) or 'none'}"


def _dense(layout: Layout, stock: Stock) -> Iterator[str]:
    for dpi in stock.dpi:
        for each in layout.symbols:
            if each.optional:
                continue
            room = min(each.width, each.height) if each.kind == "data_matrix" else each.width
            try:
                module_dots(MAKERS[each.kind](_CODE), room, dpi)
            except LabelError as error:
                yield str(error)
