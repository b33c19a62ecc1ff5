"""Words of the manifest and of the downtime sheet. Key → English, Dutch."""

PAIRS: dict[str, tuple[str, str]] = {
    "consignor": ("From", "Van"),
    "consignee": ("To", "Naar"),
    "telephone": ("telephone", "telefoon"),
    "transport": ("Transport", "Vervoer"),
    "keep_at": ("Keep at", "Bewaren bij"),
    "seal": ("Seal", "Verzegeling"),
    "deadline": ("Earliest deadline", "Eerste uiterste tijd"),
    "released": ("Released", "Vrijgegeven"),
    "not_released": ("not released yet", "nog niet vrijgegeven"),
    "tubes": ("Tubes", "Buisjes"),
    "taken_over": ("Taken over by", "Overgenomen door"),
    "list_hash": ("Hash of the list", "Hash van de lijst"),
    "identifier": ("Identifier", "Code"),
    "amount": ("Amount", "Hoeveelheid"),
    "outcome": ("Outcome", "Uitkomst"),
    "off_campus": (
        "Biological substance, category B (UN3373): triple packing. Dry ice, if used: UN1845.",
        ("Biologische stof, categorie B (UN3373): drievoudig verpakken. Droogijs, indien gebruikt: UN1845."),
    ),
    "no_tubes": ("There is no tube on this list.", "Er staat geen buisje op deze lijst."),
    "count_of": ("{n} of {of}", "{n} van {of}"),
    "handed": ("Handed over", "Overgedragen"),
    "taken": ("Taken over", "Overgenomen"),
    "name_time_signature": ("Name, date and time, signature", "Naam, datum en tijd, handtekening"),
    "condition_on_arrival": ("Condition on arrival", "Conditie bij aankomst"),
    "temperature_on_arrival": ("Temperature on arrival, °C", "Temperatuur bij aankomst, °C"),
    "counted": ("Tubes counted", "Buisjes geteld"),
    "picklist": ("Pick list", "Picklijst"),
    "purpose": ("Purpose", "Doel"),
    "listed_by": ("Made by", "Gemaakt door"),
    "well": ("Well", "Positie"),
    "no_place": ("Out of storage already", "Al uit de opslag"),
    "pick_rule": (
        (
            "In walking order. Scan the code above to open this list, then scan each tube as you take it out. "
            "What is written here counts only once it is scanned."
        ),
        (
            "In looproute. Scan de code hierboven om deze lijst te openen, scan daarna elk buisje terwijl u het "
            "eruit neemt. Wat hier geschreven staat, telt pas als het gescand is."
        ),
    ),
    "fetched_by": ("Fetched by (name, date, time)", "Opgehaald door (naam, datum, tijd)"),
    "window": ("Window", "Venster"),
    "site": ("Site", "Centrum"),
    "kits": ("Kits", "Kits"),
    "downtime_rule": (
        (
            "For use while the system cannot be reached. Write in ink, strike through and initial a mistake."
            " Afterwards enter everything under the visit, “Enter from paper”; a second person compares it "
            "with this sheet. Keep the sheet. No name, birth date or hospital number on it."
        ),
        (
            "Voor gebruik zolang het systeem onbereikbaar is. Schrijf met inkt; streep een fout door en zet "
            "een paraaf. Voer daarna alles in bij het bezoek, “Van papier invoeren”; een tweede persoon "
            "vergelijkt het met dit blad. Bewaar het blad. Geen naam, geboortedatum of ziekenhuisnummer "
            "erop."
        ),
    ),
    "two_identifiers": ("Two identifiers checked", "Twee identificatiegegevens gecontroleerd"),
    "collected_by": ("Collected by", "Afgenomen door"),
    "performed": ("Procedure performed by", "Ingreep uitgevoerd door"),
    "started": ("Started", "Begonnen"),
    "slot": ("Planned", "Gepland"),
    "handling": ("Handling and limits", "Behandeling en limieten"),
    "code_or_label": ("Identifier or label", "Code of etiket"),
    "time_taken": ("Taken at", "Afgenomen om"),
    "in_medium_after": ("In medium after", "In medium na"),
    "minutes_blank": ("____ min", "____ min"),
    "lot_of": ("Lot of {container}", "Lot van {container}"),
    "expires_month": ("Expires (month, year)", "Houdbaar tot (maand, jaar)"),
    "volume_pieces": ("Volume or pieces", "Volume of stukjes"),
    "taken_yes": ("Taken", "Afgenomen"),
    "why_not": ("If not, why", "Zo niet, waarom"),
    "no_slots": ("This visit has no planned tubes.", "Dit bezoek heeft geen geplande buisjes."),
    "handed_to": ("Handed to (name, time, signature)", "Overhandigd aan (naam, tijd, handtekening)"),
    "entered_by": ("Entered afterwards by (name, date, time)", "Achteraf ingevoerd door (naam, datum, tijd)"),
    "checked_by": (
        "Compared by a second person (name, date, time)",
        "Vergeleken door een tweede persoon (naam, datum, tijd)",
    ),
}
