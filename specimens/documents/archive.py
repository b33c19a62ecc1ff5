"""PDF/A-3b (ISO 19005-3, level B): what makes a paper readable in thirty years, and the data that travel inside it.

Fonts are embedded when a page is drawn; here come the output intent (sRGB, the profile that pikepdf brings), XMP
metadata, and the attached files with their relationship. reportlab's `/Trans` on each page is taken away.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from specimens.documents.paper import new_file

#: The colour profile that comes with pikepdf.
SRGB = Path(pikepdf.__file__).parent / "pdfa" / "data" / "sRGB.icc"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside a PDF, handed over in pieces. `relationship` is `Data`, `Source` or `Alternative`."""

    name: str
    media_type: str
    relationship: str
    described: str
    pieces: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it goes into a PDF: deflated, in a file outside memory, with its size before that."""

    of: Attached
    deflated: BinaryIO
    size: int


def archived(paper: BinaryIO, files: list[Packed], at_ms: int) -> bytes:
    """Return a drawn paper as PDF/A-3b with *files* attached; *at_ms* is when it was made. Same in, same bytes out.

    *paper* is read and closed, *files* is emptied on the way, so that nothing is there twice.
    """
    with new_file() as written:
        with paper, pikepdf.Pdf.open(paper) as whole:
            for page in whole.pages:
                if Name.Trans in page.obj:
                    del page.obj[Name.Trans]
            _attach(whole, files, at_ms)
            _describe(whole, at_ms)
            _colours(whole)
            whole.save(
                written,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                preserve_pdfa=True,
                fix_metadata_version=False,
            )
        written.seek(0)
        return written.read()


def _describe(whole: pikepdf.Pdf, at_ms: int) -> None:
    """Declare PDF/A in XMP, and say there what the file's own description says: the two have to agree."""
    whole.docinfo[Name.CreationDate] = whole.docinfo[Name.ModDate] = String(_date(at_ms))
    stated = datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()
    del whole.docinfo[Name.Trapped]  # XMP has no word for it
    with whole.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata.load_from_docinfo(whole.docinfo)
        metadata["xmp:MetadataDate"] = stated
        metadata["pdfaid:part"] = "3"
        metadata["pdfaid:conformance"] = "B"


def _colours(whole: pikepdf.Pdf) -> None:
    """Say what grey means here: the output intent is sRGB."""
    profile = pikepdf.Stream(whole, SRGB.read_bytes())
    profile.stream_dict[Name.N] = 3
    whole.Root[Name.OutputIntents] = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=String("sRGB"),
                Info=String("sRGB"),
                DestOutputProfile=profile,
            )
        ]
    )


def _attach(whole: pikepdf.Pdf, files: list[Packed], at_ms: int) -> None:
    specifications: list[pikepdf.Object] = []
    names: list[pikepdf.Object] = []
    files.sort(key=lambda file: file.of.name, reverse=True)
    while files:
        file = files.pop()
        each, size = file.of, file.size
        stream = pikepdf.Stream(whole, b"")
        with file.deflated as deflated:
            stream.write(deflated.read(), filter=Name.FlateDecode)
        stream.stream_dict[Name.Type] = Name.EmbeddedFile
        stream.stream_dict[Name.Subtype] = Name("/" + each.media_type)
        stream.stream_dict[Name.Params] = Dictionary(
            Size=size, ModDate=String(_date(at_ms)), CreationDate=String(_date(at_ms))
        )
        specification = whole.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(each.name),
                UF=String(each.name),
                Desc=String(each.described),
                AFRelationship=Name("/" + each.relationship),
                EF=Dictionary(F=stream, UF=stream),
            )
        )
        specifications.append(specification)
        names += [String(each.name), specification]
    if specifications:
        whole.Root[Name.AF] = Array(specifications)
        whole.Root[Name.Names] = Dictionary(EmbeddedFiles=Dictionary(Names=Array(names)))


def _date(at_ms: int) -> str:
    """Write an instant as PDF does, `D:20261122130311Z`."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):D:%Y%m%d%H%M%SZ}"


def packed(file: Attached) -> Packed:
    """Pack a file as it comes: it never stands whole in memory."""
    packing = zlib.compressobj(6)
    size = 0
    written = new_file()
    for piece in file.pieces:
        size += len(piece)
        written.write(packing.compress(piece))
    written.write(packing.flush())
    written.seek(0)
    return Packed(file, written, size)
