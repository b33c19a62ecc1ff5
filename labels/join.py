"""Several PDFs become one."""

from collections.abc import Sequence
from io import BytesIO

import pikepdf


def joined(parts: Sequence[bytes]) -> bytes:
    """Return one PDF with the pages of all parts, in order; the same parts give the same bytes."""
    whole = pikepdf.Pdf.new()
    out = BytesIO()
    for part in parts:
        with pikepdf.Pdf.open(BytesIO(part)) as one:
            whole.pages.extend(one.pages)
    whole.Root.ViewerPreferences = pikepdf.Dictionary(PrintScaling=pikepdf.Name("/None"))
    whole.save(out, deterministic_id=True)
    return out.getvalue()
