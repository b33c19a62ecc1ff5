"""A thermal printer for the tests: it prints the few ZPL commands that we send, and stops at any other."""

import re
from dataclasses import dataclass, field

import zxingcpp
from barcode.charsets import code128
from PIL import Image

_COMMAND = re.compile(r"\^([A-Z][A-Z0-9@])([^^~]*)")
_STATE = {"CI28", "LH0,0", "LS0", "LT0", "PON", "PMN", "LRN", "FWN"}
#: How often a digit stands: G to Y for 1 to 19 times, g to z for 20 to 400.
_TIMES = {sign: number for number, sign in enumerate("GHIJKLMNOPQRSTUVWXY", 1)}
_TIMES |= {sign: 20 * number for number, sign in enumerate("ghijklmnopqrstuvwxyz", 1)}
_TOKEN = re.compile(r"([G-Yg-z]+)([0-9A-F])|([0-9A-F]+)|([,!:])")


@dataclass
class Job:
    """One format as it is read: the dots so far, and the commands that were met, in order."""

    size: tuple[int, int] = (0, 0)
    image: Image.Image | None = None
    commands: list[str] = field(default_factory=list)
    copies: int = 1


def printed(program: bytes) -> list[Job]:
    """Return what a printer makes of a program, one job per format; ValueError for what it does not know."""
    text = program.decode("ascii")
    if "~" in text:
        raise ValueError("an immediate command")
    jobs, at, job = [], (0, 0), None
    bar, made, hexadecimal, data = (0, 0), "", False, None
    end = 0
    for found in _COMMAND.finditer(text):
        if text[end : found.start()].strip():
            raise ValueError(f"text outside a command: {text[end : found.start()]!r}")
        end = found.end()
        name, given = found[1], found[2].rstrip("\n")
        if name == "XA":
            if job is not None:
                raise ValueError("a format within a format")
            job = Job()
            jobs.append(job)
            continue
        if job is None:
            raise ValueError(f"^{name} outside a format")
        job.commands.append(name)
        if name + given in _STATE:
            continue
        match name:
            case "PW":
                job.size = (int(given), 0)
            case "LL":
                job.size = (job.size[0], int(given))
                job.image = Image.new("1", job.size, 1)
            case "FO":
                across, down = given.split(",")
                at, made, hexadecimal, data = (int(across), int(down)), "", False, None
            case "BY":
                module, _, tall = given.split(",")
                bar = int(module), int(tall)
            case "BX" | "BC":
                made = name + given
            case "GF":
                _graphic(job, at, given)
            case "FH":
                hexadecimal = True
            case "FD":
                data = _unescaped(given) if hexadecimal else given
            case "FS":
                if made.startswith("BX"):
                    _matrix(job, at, made[2:], data)
                elif made:
                    _line(job, at, made[2:], bar, data)
                made = ""
            case "PQ":
                job.copies = int(given.split(",")[0])
            case "XZ":
                job = None
            case _:
                raise ValueError(f"^{name} is none of ours")
    if job is not None or text[end:].strip():
        raise ValueError("the program does not end")
    return jobs


def _unescaped(text: str) -> str:
    return re.sub(r"_([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def _black(job: Job, left: int, top: int, width: int, height: int) -> None:
    if left < 0 or top < 0 or left + width > job.size[0] or top + height > job.size[1]:
        raise ValueError("printed over the edge")
    job.image.paste(0, (left, top, left + width, top + height))


def _matrix(job: Job, at: tuple[int, int], given: str, data: str) -> None:
    turned, module, quality, columns, rows = given.split(",")
    if (turned, quality, columns, rows) != ("N", "200", "14", "14"):
        raise ValueError(f"^BX{given}")
    code = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.DataMatrix, version=3)
    dots = int(module)
    for y, row in enumerate(memoryview(code.to_image(scale=1, add_quiet_zones=False)).tolist()):
        for x, shade in enumerate(row):
            if shade == 0:
                _black(job, at[0] + x * dots, at[1] + y * dots, dots, dots)


def _line(job: Job, at: tuple[int, int], given: str, bar: tuple[int, int], data: str) -> None:
    """Code 128 as the manual has it: `>:` and `>;` start sets B and C, `>5` and `>6` change over."""
    turned, tall, *words = given.split(",")
    if turned != "N" or words != ["N", "N", "N", "N"]:
        raise ValueError(f"^BC{given}")
    values, rest = [{">:": 104, ">;": 105}[data[:2]]], data[2:]
    letters = values[0] == 104
    while rest:
        if rest[:2] in (">5", ">6"):
            letters = rest[1] == "6"
            values.append(100 if letters else 99)
            rest = rest[2:]
        elif letters:
            values.append(code128.B[rest[0]])
            rest = rest[1:]
        else:
            values.append(int(rest[:2]))
            rest = rest[2:]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    modules = "".join(code128.CODES[value] for value in [*values, check]) + code128.STOP + "11"
    for place, module in enumerate(modules):
        if module == "1":
            _black(job, at[0] + place * bar[0], at[1], bar[0], int(tall))


def _graphic(job: Job, at: tuple[int, int], given: str) -> None:
    kind, count, total, row, packed = given.split(",", 4)
    if kind != "A" or count != total:
        raise ValueError("a graphic of another kind")
    data = unpacked(packed, int(row))
    if len(data) != int(total):
        raise ValueError(f"a graphic of {len(data)} bytes that says {total}")
    dots = Image.frombytes("1", (int(row) * 8, len(data) // int(row)), data)
    box = dots.getbbox()
    if at[0] + box[2] > job.size[0] or at[1] + box[3] > job.size[1]:
        raise ValueError("printed over the edge")
    job.image.paste(0, at, dots)


def unpacked(packed: str, row: int) -> bytes:
    """Return the bytes of a graphic whose rows have *row* bytes."""
    digits, whole, end = "", 2 * row, 0  # all rows so far, one after the other
    for found in _TOKEN.finditer(packed):
        if found.start() != end:
            raise ValueError(f"{packed[end]!r} in a graphic")
        end = found.end()
        times, sign, plain, short = found.groups()
        if plain:
            digits += plain
        elif sign:
            digits += sign * sum(_TIMES[each] for each in times)
        elif short == ":":
            digits += digits[-whole:]
        else:
            missing = -len(digits) % whole or whole
            digits += ("0" if short == "," else "F") * missing
    if end != len(packed) or len(digits) % whole:
        raise ValueError("half a row")
    return bytes.fromhex(digits)
