"""A layout and a roll of a site's own, as the files that hold them."""

LAYOUT = """
width = 30.0
height = 12.0
safe = [1, 1]
texts = [{ field = "identifier", x = 10.4, y = 1, width = 18.6, height = 4, size = 9, least = 8, face = "mono_bold" }]
symbols = [{ kind = "data_matrix", x = 1, y = 1.4, width = 9.2, height = 9.2 }]
"""


def stocks(kind: str, dpi: str = "[300]") -> str:
    """Return the stock file with one roll, `ours`, for labels of one kind."""
    return f"""
[ours]
text = {{ en = "Our roll", nl = "Onze rol" }}
page = [30.0, 12.0]
cell = [30.0, 12.0]
dpi = {dpi}
layouts = {{ {kind} = "ours" }}
"""
