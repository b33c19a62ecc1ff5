"""Several PDFs become one."""

from collections.abc import Sequence
from io import BytesIO

import pikepdf


def joined(parts: Sequence[bytes]) -> bytes:
    """Return one PDF with the pages of all parts, in order; the same parts give the same bytes.

    >>> from labels.content import CapLabel
    >>> from labels.identifier import is_identifier
    >>> from labels.sheet import labels_pdf
    >>> from labels.stock import stock
    >>> one = labels_pdf([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=203, check=is_identifier)
    >>> with pikepdf.Pdf.open(BytesIO(joined([one, one]))) as both:
    ...     len(both.pages)
    2
    """
    whole = pikepdf.Pdf.new()
    out = BytesIO()
    for part in parts:
        with pikepdf.Pdf.open(BytesIO(part)) as one:
            whole.pages.extend(one.pages)
    whole.Root.ViewerPreferences = pikepdf.Dictionary(PrintScaling=pikepdf.Name("/None"))
    whole.save(out, deterministic_id=True)
    return out.getvalue()
