"""Sentences about logging in, about one's own account, and about what a page answers when it cannot be shown."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "login_failed": N_("That log-in name and password do not belong together. Check both and try again."),
    "login_wait": N_("Too many tries. Wait {seconds} seconds, then try again."),
    "no_grant": N_(
        "You have no grant that counts today. Ask the administrator for a role, with its training date."
    ),
    "login_taken": N_("That log-in name was used before, and a name is never given twice. Choose another."),
    "role_may_not": N_("Your role ({role}) may not do this. Ask somebody whose role may."),
    "session_ended": N_("You were away and have been logged out. Log in again; nothing was lost."),
    "form_expired": N_("This form was open too long, or came from another window. Send it again."),
    "demonstration_login": N_(
        "Demonstration log-ins do not work in production. Make your own with “specimens people add”."
    ),
    "unknown_station": N_(
        "There is no such station where you work. Scan its code again, or choose it below."
    ),
    "unknown_session": N_("That session is not yours or is gone already. Look at the list again."),
    "unknown_token": N_("That token is not yours. Look at the list again."),
    "token_shown": N_(
        "This token was made a moment ago and is shown only once. If you did not keep it, revoke it and make another."
    ),
    "days_unusable": N_("Choose for how many days, from 1 to 3650."),
    "language_unknown": N_("Choose one of the languages offered."),
    "password_wrong": N_("That is not your present password. Type it again."),
    "password_differs": N_("The two new passwords differ. Type the same one twice."),
    "password_same": N_("That is the password that you have now. Choose another."),
    "password_too_short": N_("A password needs at least 15 characters. A short sentence works well."),
    "password_too_long": N_("A password has at most 256 characters. Choose a shorter one."),
    "password_known": N_(
        "That is easy to guess: a known word, a name, or few different characters. Add words that have nothing to do with you or your work."
    ),
    "code_needed": N_("Type the code that your authenticator shows now, or one of your recovery codes."),
    "code_wrong": N_(
        "That code does not fit, or was used already. Wait for the next one, check the clock of your telephone, and type that."
    ),
    "factor_is_set": N_("You have a second factor already. Take it away first, then set another."),
    "factor_not_set": N_("There is no second factor to change. Look at the account again."),
    "factor_not_offered": N_("This code was shown too long ago. Begin again to get a new one."),
    "factor_unreadable": N_(
        "The second factor was set under another secret of this installation and cannot be read. Ask the administrator to take it away, then set it anew."
    ),
    "sign_on_unknown": N_(
        "{name} knows you, but nobody here has linked that account. Log in with your password, open your account and link it there."
    ),
    "sign_on_taken": N_("That account is linked to somebody here already. Unlink it there first."),
    "sign_on_failed": N_("{name} did not confirm who you are. Try again, or log in with your password."),
    "sign_on_unreachable": N_(
        "{name} does not answer. Log in with your password, and tell the administrator."
    ),
    "sign_on_other": N_("You came back as another person than the one who set out. Begin again."),
    "status_400": N_("This page did not understand what was sent. Go back and try again."),
    "status_405": N_(
        "This address only takes what its own form sends. Open the page itself and start from there."
    ),
    "status_413": N_("That is too large to take in. Choose a smaller file, or shorten the text."),
    "status_429": N_("Too many tries in a short time. Wait a moment and try again."),
    "status_500": N_(
        "Something went wrong in the program; nothing was half-saved. Tell the administrator the number below, then try again."
    ),
}
