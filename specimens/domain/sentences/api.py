"""Sentences of the API: for people who write programs against it."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "token_unknown": N_(
        "No valid token came with this request. Send “Authorization: Bearer …” with a token that was made under “me”."
    ),
    "body_not_json": N_("The body is not JSON. Send Content-Type: application/json and one object."),
    "body_too_long": N_("The body is too long ({longest} bytes at most)."),
    "key_needed": N_("Send an Idempotency-Key of 1 to 100 printable ASCII characters with every act."),
    "method_not_allowed": N_("This address does not take that method. The header Allow says which it takes."),
    "parameter_unreadable": N_("A parameter of the address is missing or cannot be read: {name}."),
    "api_list_released": N_("List {transfer} was released. Tubes: {count}."),
    "fault": N_("Something went wrong here. Nothing was saved; the administrator finds it in the log."),
}
