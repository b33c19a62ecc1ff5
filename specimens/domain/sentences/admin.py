"""Sentences about people and grants, sites, stations and stores, and publishing a protocol."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    # people
    "login_unusable": N_(
        "A log-in name has 2 to 64 characters: small letters without accents, digits, point, hyphen or underscore."
    ),
    "plain_name_unusable": N_("Type a name of 1 to 200 characters, without control characters."),
    "unchanged": N_("It is so already. Nothing was changed."),
    "not_yourself": N_("Nobody changes their own access. Ask another administrator."),
    "unknown_user": N_("No such person is known here. Look at the list of people."),
    "unknown_grant": N_("No such grant is known here. Look at the person's page."),
    "person_elsewhere": N_(
        "This person also has grants outside what you manage. Ask the administrator of the other study or site."
    ),
    "not_yours_to_give": N_(
        "That lies outside what you manage. Choose a study and a site of your own grant."
    ),
    "training_needed": N_("Nobody works without training. Type the date of the training."),
    "training_after_start": N_("The training is after the first day of the grant. Check both dates."),
    "grant_backwards": N_("The last day is before the first. Check both dates."),
    "period_over": N_("That period is over already, so the grant would never count. Check the last day."),
    "role_unknown": N_("Choose one of the roles offered."),
    "study_needed": N_("This role is given for a study. Choose it."),
    "study_unknown": N_("No such study is known here. Choose one of those offered."),
    "site_unknown": N_("No such site is in use here. Choose one of those offered."),
    "study_not_open_there": N_(
        "The study is not open at that site. Open it there first, on the study's page."
    ),
    "grant_exists": N_(
        "This person has that role there already in that period. Revoke the other grant first, or choose other days."
    ),
    "already_revoked": N_("This grant was revoked already. Nothing was changed."),
    # sites, stations, stores
    "site_code_unusable": N_("A site's code has 2 to 16 letters or digits, and never changes."),
    "site_code_taken": N_("That code is in use. A site's code is never given twice; choose another."),
    "zone_unknown": N_("That is no time zone of the IANA list. Type one such as Europe/Amsterdam."),
    "too_long": N_("That is too long. Shorten it."),
    "telephone_unusable": N_("Type a telephone number of at most 64 characters."),
    "unknown_site": N_("No such site is known here. Look at the list of sites."),
    "unknown_storage": N_("No such storage unit is known here. Look at the tree of stores."),
    "site_in_use": N_("{count} stations of this site are in use. Switch them off first."),
    "station_in_use": N_("This station has specimens in its custody ({count}). Hand them over first."),
    "store_in_use": N_("Specimens are kept in here ({count}). Move them first."),
    "store_has_units": N_("{count} units inside it are in use. Switch them off first."),
    "parent_elsewhere": N_("The unit above it stands at another site. Choose one of the same site."),
    "parent_too_small": N_("That cannot stand in there: freezer, shelf, rack, box, in this order."),
    "parent_off": N_("The unit above it is switched off. Switch that on first, or choose another."),
    "grid_unusable": N_("A box has 1 to 26 rows and 1 to 40 columns. Type both."),
    "grid_needed": N_("A box has wells. Type its rows and columns."),
    "only_a_box_has_wells": N_("Only a box has wells. Leave rows and columns empty."),
    "fill_unknown": N_("Choose whether wells are filled along rows or down columns."),
    "store_temperature_needed": N_("Choose at which temperature it keeps things."),
    # studies
    "unknown_study": N_("No such study is known here. Look at the list of studies."),
    "unknown_version": N_("That version was never published here. Look at the study's page."),
    "already_open": N_("The study is open at that site already. Nothing was changed."),
    "protocol_needed": N_("Choose a protocol file, or paste its text."),
    "protocol_both": N_("Choose a file or paste the text, not both."),
    "protocol_not_text": N_(
        "That file is not plain text in UTF-8. Save it as a TOML file and choose it again."
    ),
    "protocol_too_long": N_("A protocol file has at most 500,000 characters. Choose the right file."),
    "protocol_problems": N_("The protocol has problems: {count}. Put them right, then check it again."),
    "protocol_unchanged": N_(
        "This text is version {version}, which is in force. There is nothing to publish."
    ),
    "version_exists": N_(
        "A version of that name was published before, with another text. Give the new text a new version."
    ),
    "version_moved": N_(
        "Another version came into force since you looked at the difference. Look at it again, then publish."
    ),
}
