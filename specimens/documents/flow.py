"""How blocks fall onto pages: none is ever cut, a table repeats its head, a heading stays with what follows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Block:
    """Something of a fixed height (points); `draw` gets the canvas and the y of its upper edge.

    `head` is drawn first when the block opens a page. A block that `keeps` is never the last on a page unless
    what it would have to stay with is higher than a page.
    """

    height: float
    draw: Callable[[Canvas, float], None]
    head: "Block | None" = None
    keeps: bool = False


def space(height: float, *, keeps: bool = False) -> Block:
    """Return an empty stretch."""
    return Block(height, lambda canvas, top: None, keeps=keeps)


def paginate(blocks: Iterable[Block], room: float) -> Iterator[list[Block]]:
    """Deal *blocks* onto pages with *room* points of height each; there is always at least one page."""
    page: list[Block] = []
    left = room
    for chain in _chains(blocks):
        height = sum(block.height for block in chain)
        together = height + (chain[0].head.height if chain[0].head else 0) <= room
        for unit in [chain] if together else [[block] for block in chain]:
            height = sum(block.height for block in unit)
            if height > left and page:
                yield page
                head = unit[0].head
                page = [head] if head else []
                left = room - (head.height if head else 0)
            page += unit
            left -= height
    yield page


def _chains(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    chain: list[Block] = []
    for block in blocks:
        chain.append(block)
        if not block.keeps:
            yield chain
            chain = []
    if chain:
        yield chain
