"""Sentences about badges, PINs and locked stations."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "badge_unknown": N_(
        "That is no badge of anybody here. Scan your own badge, or log in with your password."
    ),
    "badge_retired": N_(
        "This badge was retired and counts no more. Hand it in, and log in with your password; a new badge comes from the administrator or from your own page."
    ),
    "person_is_off": N_("The account of this badge is switched off. Hand the badge in to the administrator."),
    "badge_needs_station": N_(
        "A badge works at a station only. Choose the station of this browser first, or log in with your password."
    ),
    "badge_is_live": N_("There is a badge already. Retire it first, with the reason, then issue another."),
    "badge_not_issued": N_("There is no badge to print or to retire. Issue one first."),
    "unknown_badge": N_("There is no such badge. Look at the list of the person again."),
    "no_grant_at_station": N_(
        "You have no role that counts today at {station}. Ask the administrator for a role there."
    ),
    "password_first": N_(
        "Somebody else set your password. Log in with name and password first, and make it yours alone."
    ),
    "password_log_in_needed": N_(
        "You came in with badge and PIN, which are not enough for this. Log out and log in with your password."
    ),
    "lock_needs_station": N_("Only a station is locked. Log out instead, or choose a station."),
    "pin_unusable": N_("A PIN is four to eight digits. Type digits alone."),
    "pin_trivial": N_(
        "Everybody tries that one first. Choose digits in no row, without repeats, and no year."
    ),
    "pin_differs": N_("The two PINs differ. Type the same one twice."),
    "pin_wrong": N_("That is not the PIN of this badge. Type it again, or use your password."),
    "pin_not_set": N_("You have no PIN yet. Type your password now; you set a PIN on your own page."),
    "pin_used_up": N_("The PIN was typed wrong too often. Type your password; then the PIN counts again."),
    "pin_not_proven": N_(
        "Your PIN counts once you typed your password today, and not after logging out. Type your password now; next time the PIN will do."
    ),
    "pin_not_for_role": N_("In this role a PIN is not enough. Type your password."),
}
