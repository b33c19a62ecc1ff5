"""Labels from a file, without the program around it.

    python -m labels --layout cryovial --stock roll_33 codes.csv -o labels.pdf
    python -m labels --layout cryovial --stock roll_33 --dpi 203 codes.csv -o labels.zpl
    python -m labels --stock a4_21 --start 4 --used 7,8 content.toml -o labels.pdf
    python -m labels --calibrate --stock a4_21 -o calibration.pdf
    python -m labels --list
    python -m labels --check --folder DIR

A CSV has a heading line with the names of the fields and a label per line; TOML and JSON hold a list `labels`, each
with a `type` (tube, biopsy, small, cryovial, cap, box, bag, hazard). The name of the output says what it becomes:
.pdf, .zpl, .png or .svg (several pages become several pictures).
"""

import argparse
import sys
from dataclasses import MISSING, fields
from pathlib import Path

from labels import layout, own, stock
from labels.calibration import calibration_pdf, calibration_zpl
from labels.content_file import BY_ROLE, TYPES, Wrong, read_content
from labels.errors import LabelError
from labels.identifier import is_identifier
from labels.picture import labels_png
from labels.sheet import labels_pdf
from labels.stock import Stock
from labels.svg import labels_svg
from labels.zpl import labels_zpl

_OUTPUTS = (".pdf", ".zpl", ".png", ".svg")


def _listed(folder: Path | None) -> str:
    lines = ["Stocks:"]
    for each in stock.stocks(folder).values():
        takes = ", ".join(sorted(each.layouts))
        lines.append(f"  {each.code:<12} {each.text['en']}; dpi {', '.join(map(str, each.dpi))}; {takes}")
    lines.append("Layouts:")
    for name in layout.names(folder):
        found = layout.layout(name, folder)
        lines.append(f"  {name:<18} {found.width} × {found.height} mm")
    lines.append("Fields (those in brackets may be left out):")
    for name, of in TYPES.items():
        said = (each.name if each.default is MISSING else f"[{each.name}]" for each in fields(of))
        lines.append(f"  {name:<12} {', '.join(said)}")
    return "\n".join(lines)


def _kind(name: str | None, on: Stock) -> str | None:
    """Return what content a layout takes: named as the kind of label, or as the layout that the stock has for it."""
    if name is None:
        return None
    for role, taken in on.layouts.items():
        if name in (role, taken) and role in BY_ROLE:
            return BY_ROLE[role]
    raise LabelError("label_not_on_stock", stock=on.code, role=name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m labels", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("content", nargs="?", type=Path, help="CSV, TOML or JSON file with the labels")
    parser.add_argument("-o", "--output", type=Path, default=Path("labels.pdf"))
    parser.add_argument("--layout", help="what the lines of a CSV are: a layout of the stock")
    parser.add_argument("--stock", default="a4_21", help="what the labels come on (default: a4_21)")
    parser.add_argument("--dpi", type=int, default=300, help="the printer's resolution (default: 300)")
    parser.add_argument("--start", type=int, default=1, help="first cell of the sheet, from 1")
    parser.add_argument("--used", default="", help="cells of the first sheet to skip, such as 3,7")
    parser.add_argument("--offset", default="0,0", help="mm right, mm down, such as 0.5,-1")
    parser.add_argument("--folder", type=Path, help="folder with layouts and a stocks.toml of one's own")
    parser.add_argument("--calibrate", action="store_true", help="a page with rulers instead of labels")
    parser.add_argument("--check", action="store_true", help="say what is wrong with the folder of one's own")
    parser.add_argument("--list", action="store_true", help="list stocks, layouts and fields")
    return parser


def _checked(folder: Path | None) -> int:
    if folder is None:
        raise Wrong("--check: name the folder with --folder")
    wrong = own.problems(folder)
    print("\n".join(wrong) if wrong else f"{folder}: can be used.")
    return 2 if wrong else 0


def _used(said: str) -> list[int]:
    try:
        return [int(each) for each in said.split(",") if each.strip()]
    except ValueError:
        raise Wrong(f"--used: {said[:40]!r} is not a list of cells such as 3,7") from None


def _offset(said: str) -> tuple[float, float]:
    try:
        right, down = (float(each) for each in said.split(","))
    except ValueError:
        raise Wrong(f"--offset: {said[:40]!r} is not two lengths in mm such as 0.5,-1") from None
    return right, down


def _calibration(asked: argparse.Namespace, on: Stock, suffix: str) -> list[bytes]:
    if suffix not in (".pdf", ".zpl"):
        raise Wrong("a calibration page becomes .pdf or .zpl")
    page = calibration_pdf if suffix == ".pdf" else calibration_zpl
    return [page(on, dpi=asked.dpi, offset=_offset(asked.offset))]


def _labels(asked: argparse.Namespace, on: Stock, suffix: str) -> list[bytes]:
    labels, places = read_content(asked.content, is_identifier, _kind(asked.layout, on))
    start, used, offset = asked.start, _used(asked.used), _offset(asked.offset)
    try:
        if suffix == ".pdf":
            pdf = labels_pdf(
                labels, on, dpi=asked.dpi, check=is_identifier, start=start, used=used, offset=offset
            )
            return [pdf]
        if suffix == ".zpl":
            return [labels_zpl(labels, on, dpi=asked.dpi, check=is_identifier, offset=offset)]
        if suffix == ".png":
            return list(
                labels_png(
                    labels, on, dpi=asked.dpi, check=is_identifier, start=start, used=used, offset=offset
                )
            )
        drawings = labels_svg(
            labels, on, dpi=asked.dpi, check=is_identifier, start=start, used=used, offset=offset
        )
        return [drawing.encode() for drawing in drawings]
    except LabelError as error:
        if not error.number:
            raise
        raise Wrong(f"{asked.content.name}, {places[error.number - 1]}, {error}") from error


def _written(parts: list[bytes], output: Path) -> list[Path]:
    """Write one file, or one per page; what was begun is not left behind when the disk is full."""
    paths = [output]
    if len(parts) > 1:
        paths = [output.with_stem(f"{output.stem}-{number}") for number in range(1, len(parts) + 1)]
    try:
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(part)
    except OSError:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return paths


def main(arguments: list[str] | None = None) -> int:
    """Make what was asked; return 0, or 2 with one line that says what is wrong and where."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        if asked.folder is not None and not asked.folder.is_dir():
            raise Wrong(f"--folder: {asked.folder} is not a folder")
        if asked.check:
            return _checked(asked.folder)
        if asked.list:
            print(_listed(asked.folder))
            return 0
        suffix = asked.output.suffix.lower()
        if suffix not in _OUTPUTS:
            raise Wrong(f"{asked.output}: the name ends in one of {', '.join(_OUTPUTS)}")
        on = stock.stock(asked.stock, asked.folder)
        if asked.calibrate:
            parts = _calibration(asked, on, suffix)
        elif asked.content is None:
            parser.error("name a file with the content, or --list")
        else:
            parts = _labels(asked, on, suffix)
        paths = _written(parts, asked.output)
    except (LabelError, OSError, ValueError) as error:
        print(f"labels: {error}", file=sys.stderr)
        return 2
    for path, part in zip(paths, parts, strict=True):
        print(f"{path}: {len(part)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
