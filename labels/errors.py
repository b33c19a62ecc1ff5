"""What can go wrong with a label: a stable code, and the facts that its sentence names."""

from collections.abc import Mapping
from typing import Any

#: English sentences for whoever uses the library alone; the program has its own, in two languages.
SENTENCES = {
    "label_identifier_wrong": "{said!r} is not an identifier",
    "label_field_too_long": "{field}: {length} characters, and {longest} at most",
    "label_character": "{field}: the character {character} cannot be printed",
    "label_text_cut": "{field}: {text!r} would be cut, {missing_mm} mm are missing",
    "label_code_too_dense": "the code needs {missing_mm} mm more on a printer with {dpi} dots per inch",
    "label_not_on_stock": "{stock} does not take a label of the kind {role}",
    "label_larger_than_stock": "{layout} does not fit {stock}: {missing_mm} mm are missing",
    "label_start": "the sheet has cells 1 to {cells}, not {start}",
    "label_resolution": "{stock} is printed with {offered} dots per inch, not {dpi}",
    "label_sheet_used": "from cell {start} of {cells} on, every cell of the sheet is used",
    "label_offset": "an offset is {most_mm} mm at most",
    "label_off_page": "the offset pushes a label {missing_mm} mm over the edge of {stock}",
    "label_not_a_roll": "{stock} is a sheet; ZPL is for rolls",
    "label_personal": "{field}: {text!r} looks like a name, a birth date or a number of a person ({what})",
    "label_unknown_field": "{layout} has a field {field!r}; this label has {known}",
    "label_none": "there is no label to print",
    "label_too_many": "{count} labels at once, and {most} at most",
    "label_unknown_stock": "there is no stock {stock!r}",
    "label_unknown_layout": "there is no layout {layout!r}",
    "photo_empty": "there is no picture",
    "photo_too_large": "the picture is too large: {most_megabytes} MB or {most_megapixels} megapixels at most",
    "rack_nothing_read": "no code could be read in the picture",
    "rack_of_another_size": "the codes reach over {seen_rows} × {seen_columns}, the rack has {rows} × {columns}",
    "reader_empty": "the file is empty",
    "reader_too_large": "the file is too large: {most_kilobytes} kB or {most_lines} lines at most",
    "reader_unreadable": "this is no text that a rack reader wrote",
    "reader_no_wells": "no line names a well such as A1",
    "photo_unreadable": "this is not a picture that can be read (JPEG, PNG or WebP)",
}


class LabelError(ValueError):
    """A label, a sheet or a photo that cannot be made or read as asked; `code` says why, `facts` say where.

    `number` is which of several labels it was, from 1; 0 where it was none of them.
    """

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(SENTENCES[code].format(**facts))
        self.code = code
        self.facts: Mapping[str, Any] = facts
        self.number = 0


def millimetres(length: float) -> str:
    """Write a length that is missing, rounded up to a tenth."""
    return f"{max(0.1, -(-length * 10 // 1) / 10):.1f}"
