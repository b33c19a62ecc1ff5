"""Labels: content in, bytes out. An island: it knows nothing of studies, databases or the web.

    >>> from labels.content import TubeLabel
    >>> from labels.identifier import is_identifier
    >>> from labels.sheet import labels_pdf
    >>> from labels.stock import stock
    >>> tube = TubeLabel("C4K7N2XD", "K8R3X0TR", "BEL-SLE", "BL", "K2EDTA", "1/1")
    >>> labels_pdf([tube], stock("a4_21"), dpi=300, check=is_identifier, start=4)[:5]
    b'%PDF-'

`sheet.labels_pdf`, `zpl.labels_zpl`, `picture.labels_png`, `svg.labels_svg` make the same labels; `kit_sheet`,
`station_sheet` and `calibration` pages of A4 or of a roll; `stock` and `layout` are data, a site's own in a folder of
its own; `read` finds codes in a photograph. `python -m labels` does it from a file.

Lengths are millimetres from the top left corner, sizes of type are points, resolutions are dots per inch. Whatever
cannot be printed as asked is a `LabelError` with a code and its facts, such as the millimetres that are missing.
"""
