"""Sentences about labels: printing them, scanning them back, reading them from a photograph."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "label_counts": N_("{code} counts from now on. {left} left to scan back."),
    "label_counts_already": N_("{code} was scanned back before. Scan the next label."),
    "label_of_another_kit": N_(
        "{code} does not belong to this kit ({procedure}). Take the label away from these tubes; bring it to its own kit."
    ),
    "label_of_another_set": N_(
        "{code} is not one of these labels. Take it away from these tubes; look up where it belongs."
    ),
    "label_printed_meanwhile": N_(
        "Somebody printed a label of {code} a moment ago. Look at the printer, then at this page again."
    ),
    "label_nothing_to_print": N_(
        "There is no new label for this stock. Choose another stock, or tick what has to be printed again."
    ),
    "not_in_a_well": N_(
        "{code} lies in no well of a box and was not just taken out of one, so nobody can know it by its position. Put it into quarantine; the investigator decides."
    ),
    "box_of_another": N_("That is not the box in which this tube is recorded. Check the box, then the well."),
    "another_well": N_("That is not the well in which this tube is recorded. Look again; if it lies there, stop and put it into quarantine."),
    "label_text_cut": N_(
        "A label would be cut: “{text}” needs {missing_mm} mm more. Choose a larger label; nothing was printed."
    ),
    "label_field_too_long": N_(
        "A text on the label is too long ({length} characters, {longest} at most). Nothing was printed; tell the administrator."
    ),
    "label_character": N_(
        "A text on the label holds a character that cannot be printed ({character}). Nothing was printed; tell the administrator."
    ),
    "label_identifier_wrong": N_(
        "“{said}” is not an identifier, so it cannot stand on a label. Nothing was printed; tell the administrator."
    ),
    "label_code_too_dense": N_(
        "The code would be too fine for this printer: {missing_mm} mm are missing. Choose another stock or printer."
    ),
    "label_not_on_stock": N_("This kind of label does not go on that stock. Choose another stock."),
    "label_larger_than_stock": N_("The label is {missing_mm} mm larger than that stock. Choose a larger one."),
    "label_start": N_("That sheet has labels 1 to {cells}. Count the used ones and type the next."),
    "label_resolution": N_("That stock is printed with {offered} dots per inch. Choose one of these."),
    "label_sheet_used": N_("Every cell of that sheet is used. Take a new sheet and begin at 1."),
    "cells_unreadable": N_("These are no numbers of labels. Type them such as 4, 5, 9-12."),
    "label_offset": N_(
        "A printer is moved by {most_mm} mm at most. Align the paper in the printer, then print the calibration page again."
    ),
    "label_off_page": N_(
        "The printer's offset pushes a label {missing_mm} mm over the edge. Make the offset smaller; nothing was printed."
    ),
    "label_not_a_roll": N_("That stock is a sheet, and this printer takes rolls. Choose a roll."),
    "label_personal": N_(
        "“{text}” looks like a name, a birth date or a number of a person, which no label may show. Nothing was printed; tell the administrator."
    ),
    "label_unknown_field": N_(
        "The layout {layout} asks for a field that this label does not have ({field}). Nothing was printed; tell the administrator."
    ),
    "label_unknown_stock": N_("That stock is not known here. Choose one of what is offered."),
    "label_none": N_("There is no label to print."),
    "label_too_many": N_("{count} labels at once are too many ({most} at most). Print them in parts."),
    "photo_empty": N_("There was no picture. Take a photo of the label, or type its eight characters."),
    "photo_too_large": N_(
        "The picture is too large ({most_megabytes} MB or {most_megapixels} megapixels at most). Take a smaller one, or scan."
    ),
    "photo_unreadable": N_(
        "That file is not a picture that can be read here (JPEG, PNG or WebP). Take a photo of the label, or scan it."
    ),
    "photo_nothing_read": N_(
        "No label could be read in the picture. Fill the frame with the small square code, hold still, take it again."
    ),
    "rack_nothing_read": N_(
        "No code could be read in the picture. Hold the camera straight above, without flash, every cap in the picture."
    ),
    "rack_of_another_size": N_(
        "The picture shows {seen_rows} rows and {seen_columns} columns, more than the {rows} × {columns} there are. Photograph this one alone, straight from above."
    ),
    "grid_needed_both": N_("Type both rows and columns, or neither."),
    "photo_one_unread": N_(
        "{code} was read; another code ({where}) was seen and could not be read. Photograph one label alone, so that nothing is mixed up."
    ),
    "photo_seen_unread": N_(
        "A code was seen ({where}) and could not be read. Wipe it, go nearer, hold still; or type its eight characters."
    ),
    "photo_several_unread": N_(
        "Several labels were read ({codes}), and a code was seen that could not be read ({where}). Photograph one alone, so that nothing is mixed up."
    ),
    "photo_several_read": N_(
        "There are several labels in the picture ({codes}). Photograph one alone, so that nothing is mixed up."
    ),
}  # fmt: skip
