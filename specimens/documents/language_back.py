"""Words of the custody report: legend, integrity, signatures. Key → English, Dutch."""

PAIRS: dict[str, tuple[str, str]] = {
    "legend": ("6  Legend", "6  Legenda"),
    "time_rule": (
        (
            "Times are the local time of the site where the act took place, with the offset from UTC that "
            "was in force there. “Happened” is when the act took place; “recorded” is when the server wrote "
            "it down, and stands beside it where the two differ by a minute or more. A time that a person "
            "typed is marked."
        ),
        (
            "Tijden zijn de plaatselijke tijd van het centrum waar de handeling plaatsvond, met het verschil "
            "met UTC dat daar gold. “Gebeurd” is wanneer de handeling plaatsvond; “geregistreerd” is wanneer"
            " de server haar opschreef, en staat erbij waar de twee een minuut of meer verschillen. Een door"
            " een persoon getypte tijd is gemarkeerd."
        ),
    ),
    "legend_number": (
        (
            "A number is the number of the entry in the ledger. It is never used twice; numbers in between "
            "belong to other subjects. Sheets that were shuffled go back into order by page, and events by "
            "number."
        ),
        (
            "Een nummer is het nummer van de regel in het logboek. Het wordt nooit tweemaal gebruikt; "
            "nummers ertussen horen bij andere onderwerpen. Gehusselde bladen komen op paginanummer weer in "
            "volgorde, gebeurtenissen op regelnummer."
        ),
    ),
    "legend_struck": (
        (
            "What is struck through no longer counts as written: the entry that corrects or undoes it is "
            "named below it. Nothing is ever removed."
        ),
        (
            "Wat is doorgestreept geldt niet meer zoals het er staat: de regel die het corrigeert of "
            "ongedaan maakt staat eronder. Er wordt nooit iets verwijderd."
        ),
    ),
    "legend_verdicts": (
        (
            "OK: done. ALREADY: was done before, nothing changed. CHECK: done or waiting, with something to "
            "look at. STOP: refused, nothing changed, kept as a near miss."
        ),
        (
            "OK: gedaan. ALREADY: was al gedaan, niets veranderd. CHECK: gedaan of wacht, met iets om naar "
            "te kijken. STOP: geweigerd, niets veranderd, bewaard als bijna-fout."
        ),
    ),
    "legend_bar": (
        (
            "The bar of a specimen: a filled square is a step that was reached, a hollow one a step that was"
            " not. A thick broken line leads to a step whose limit was broken; the sentence below says by "
            "how much."
        ),
        (
            "De balk van een materiaal: een gevuld vierkant is een stap die is bereikt, een leeg vierkant "
            "een die niet is bereikt. Een dikke onderbroken lijn leidt naar een stap waarvan de limiet is "
            "overschreden; de zin eronder zegt met hoeveel."
        ),
    ),
    "legend_hash": (
        (
            "The hash is the SHA-256 of the entry as it stands in the ledger (the first 16 of 64 digits; the"
            " CSV twin has all)."
        ),
        (
            "De hash is de SHA-256 van de regel zoals die in het logboek staat (de eerste 16 van 64 "
            "tekens; de CSV-tweeling heeft ze alle)."
        ),
    ),
    "states": ("States in this report", "Toestanden in dit rapport"),
    "acts": ("Acts in this report", "Handelingen in dit rapport"),
    "reasons": ("Reasons in this report", "Redenen in dit rapport"),
    "integrity": ("7  Integrity", "7  Integriteit"),
    "integrity_off": (
        (
            "This report was only shown, so it has no signed checkpoint. Make it as a file to get one. "
            "The digest at the foot of each page is computed from the custody data alone: a report made "
            "again over the same scope and the same entries bears the same digest."
        ),
        (
            "Dit rapport is alleen getoond en heeft dus geen ondertekend controlepunt. Maak het als "
            "bestand om er een te krijgen. De digest onder aan elke pagina is alleen uit de gegevens over"
            " de keten berekend: een rapport dat opnieuw wordt gemaakt over dezelfde reikwijdte en "
            "dezelfde regels draagt dezelfde digest."
        ),
    ),
    "integrity_on": (
        (
            "The checkpoint below is signed. It stands for the whole ledger, every entry of this report "
            "included: whoever changes, removes or inserts anything afterwards, the owner of the database"
            " included, can no longer make it agree with this sheet. Keep the sheet, or copy the "
            "checkpoint: it is all that is needed."
        ),
        (
            "Het controlepunt hieronder is ondertekend. Het staat voor het hele logboek, met elke regel "
            "van dit rapport: wie daarna iets wijzigt, weghaalt of tussenvoegt, ook de eigenaar van de "
            "database, krijgt dat nooit meer in overeenstemming met dit blad. Bewaar het blad, of neem "
            "het controlepunt over: meer is niet nodig."
        ),
    ),
    "checkpoint": (
        "Signed checkpoint",
        "Ondertekend controlepunt",
    ),
    "qr_holds": (
        "The QR code holds the same text.",
        "De QR-code bevat dezelfde tekst.",
    ),
    "key": (
        "Key",
        "Sleutel",
    ),
    "key_period": (
        "from {since} until {until}",
        "van {since} tot {until}",
    ),
    "csv_digest": (
        "SHA-256 of the CSV twin",
        "SHA-256 van de CSV-tweeling",
    ),
    "verify_how": (
        "To verify",
        "Controleren",
    ),
    "verify_online": (
        (
            "With the system: open the page Verify and drop this PDF there, type the digest, or "
            "photograph the QR code. It answers in words, and compares the file byte for byte with the "
            "one that was made."
        ),
        (
            "Met het systeem: open de pagina Controleren en leg deze PDF daar neer, typ de digest, of "
            "fotografeer de QR-code. Het antwoord komt in woorden, en het bestand wordt byte voor byte "
            "vergeleken met wat is gemaakt."
        ),
    ),
    "verify_offline": (
        (
            "Without the system: this PDF carries custody.json and custody.csv, and the page Verify "
            "offers the program offline.py to keep beside it (Python 3.11 and the package cryptography, "
            "nothing else): python3 offline.py REPORT.pdf --key KEY. It checks every entry, proof and "
            "signature, and says what that does not prove."
        ),
        (
            "Zonder het systeem: deze PDF bevat custody.json en custody.csv, en de pagina Controleren "
            "biedt het programma offline.py aan om ernaast te bewaren (Python 3.11 en het pakket "
            "cryptography, verder niets): python3 offline.py RAPPORT.pdf --key SLEUTEL. Het controleert "
            "elke regel, elk bewijs en elke handtekening, en zegt wat dat niet bewijst."
        ),
    ),
    "verify_paper": (
        (
            "With this paper alone: type the checkpoint or photograph its QR code on the page Verify, or "
            "give its text to specimens verify --against. Do not take the key from this sheet if you can "
            "have it from the site itself."
        ),
        (
            "Met alleen dit papier: typ het controlepunt of fotografeer de QR-code op de pagina "
            "Controleren, of geef de tekst aan specimens verify --against. Neem de sleutel niet van dit "
            "blad als het centrum hem zelf kan geven."
        ),
    ),
    "custody_json": (
        "The entries of this report with their proofs, to be checked without the system",
        "De regels van dit rapport met hun bewijzen, te controleren zonder het systeem",
    ),
    "custody_csv": (
        "The events of this report as CSV",
        "De gebeurtenissen van dit rapport als CSV",
    ),
    "events_range": (
        "Entries in this report: {count}, from {first} to {last}.",
        "Regels in dit rapport: {count}, van {first} tot {last}.",
    ),
    "signatures": ("8  Signatures", "8  Handtekeningen"),
    "signatures_rule": (
        (
            "Each of these people gave their own password again at the moment of signing. A signature belongs to "
            "the entry whose hash it holds, and to no other; “specimens verify” finds one that was moved."
        ),
        (
            "Ieder van deze mensen gaf op het moment van tekenen opnieuw het eigen wachtwoord. Een handtekening "
            "hoort bij de regel waarvan zij de hash bevat, en bij geen andere; “specimens verify” vindt er een "
            "die is verplaatst."
        ),
    ),
    "signatures_records": ("On what this report tells of", "Op wat dit rapport vertelt"),
    "signatures_report": ("On a report that bears this digest", "Op een rapport met deze digest"),
    "signatures_ink": ("In ink", "Met inkt"),
    "signed_by": ("Signed by", "Ondertekend door"),
    "signs": ("Signs", "Ondertekent"),
    "signs_entry": ("entry {number} of this record", "regel {number} van dit dossier"),
    "changed_since": (
        "CHANGED SINCE IT WAS SIGNED, by entry {number} of this record",
        "GEWIJZIGD NA ONDERTEKENING, door regel {number} van dit dossier",
    ),
    "prepared": ("Prepared", "Opgesteld"),
    "reviewed": ("Reviewed", "Beoordeeld"),
    "received_by": ("Received", "Ontvangen"),
    "name": ("Printed name", "Naam in blokletters"),
    "role": ("Role", "Rol"),
    "meaning": ("Meaning", "Betekenis"),
    "date_zone": ("Date, time, zone", "Datum, tijd, zone"),
    "signature": ("Signature", "Handtekening"),
    "meaning_prepared": (
        "I made this report and it is what the system holds.",
        "Ik heb dit rapport gemaakt en het is wat het systeem bevat.",
    ),
    "meaning_reviewed": ("I have reviewed this report.", "Ik heb dit rapport beoordeeld."),
    "meaning_received": ("I have received this report.", "Ik heb dit rapport ontvangen."),
}
