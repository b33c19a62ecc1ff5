"""Words for the parts of a picture, as one tells somebody where to look."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "photo_top_left": N_("top left"),
    "photo_top_centre": N_("top"),
    "photo_top_right": N_("top right"),
    "photo_middle_left": N_("left"),
    "photo_middle_centre": N_("middle"),
    "photo_middle_right": N_("right"),
    "photo_bottom_left": N_("bottom left"),
    "photo_bottom_centre": N_("bottom"),
    "photo_bottom_right": N_("bottom right"),
}
