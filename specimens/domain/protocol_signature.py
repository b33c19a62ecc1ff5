"""What people state by signing: the study's own list, and what counts where a study lists nothing."""

from typing import Annotated, Literal

from pydantic import Field

from specimens.domain.protocol_base import Coded, Source, Text
from specimens.domain.signature import TWO_PEOPLE, Occasion
from specimens.domain.terms import Role


class Meaning(Coded):
    """What somebody states by signing, on which occasion (by default the one of its code), and who may state it."""

    signs: Occasion | None = None
    signers: Annotated[tuple[Role, ...], Field(min_length=1)]
    people: Literal[1, 2] = 1

    @property
    def occasion(self) -> str:
        """The occasion on which this meaning is offered."""
        return str(self.signs or self.code)


_R, _O = Role, Occasion
_SAID: dict[Occasion, tuple[str, str, tuple[Role, ...]]] = {
    _O.ELIGIBILITY_CONFIRMED: (
        "I have checked every criterion; this participant may be enrolled.",
        "Ik heb elk criterium gecontroleerd; deze deelnemer mag meedoen.",
        (_R.INVESTIGATOR,),
    ),
    _O.QUARANTINE_DECIDED: (
        "I have looked into the quarantine and decided what happens to the specimen.",
        "Ik heb de quarantaine onderzocht en beslist wat er met het materiaal gebeurt.",
        (_R.INVESTIGATOR,),
    ),
    _O.DEVIATION_DECIDED: (
        "I have judged this deviation.",
        "Ik heb deze afwijking beoordeeld.",
        (_R.INVESTIGATOR,),
    ),
    _O.DESTRUCTION: (
        "I was present; the specimen was destroyed.",
        "Ik was erbij; het materiaal is vernietigd.",
        (_R.TECHNICIAN, _R.INVESTIGATOR),
    ),
    _O.IDENTITY_BY_POSITION: (
        "I was present; the label could not be read, and the specimen lay in the well named here.",
        "Ik was erbij; het etiket was onleesbaar en het materiaal lag op de positie die hier staat.",
        (_R.TECHNICIAN, _R.INVESTIGATOR),
    ),
    _O.REPORT_REVIEWED: (
        "I have reviewed this report.",
        "Ik heb dit rapport beoordeeld.",
        (_R.INVESTIGATOR, _R.MONITOR, _R.AUDITOR),
    ),
    _O.PROTOCOL_PUBLISHED: (
        "I put this version of the protocol into force.",
        "Ik stel deze versie van het protocol in werking.",
        (_R.ADMINISTRATOR, _R.INVESTIGATOR),
    ),
    _O.CONSENT_RECORDED: (
        "I have compared the entry with the paper consent.",
        "Ik heb de invoer vergeleken met de papieren toestemming.",
        (_R.NURSE, _R.INVESTIGATOR),
    ),
    _O.PAPER_CHECKED: (
        "I have compared the entries with the paper sheet.",
        "Ik heb de invoer vergeleken met het papieren formulier.",
        (_R.NURSE, _R.INVESTIGATOR),
    ),
    _O.FINDING_RAISED: (
        "I have seen what this finding says, and it stands.",
        "Ik heb gezien wat deze bevinding zegt, en zij staat.",
        (_R.AUDITOR, _R.MONITOR),
    ),
    _O.FINDING_ANSWERED: (
        "I answer this finding for the site.",
        "Ik beantwoord deze bevinding namens de locatie.",
        (_R.INVESTIGATOR,),
    ),
    _O.FINDING_JUDGED: (
        "I have judged the site's answer to this finding.",
        "Ik heb het antwoord van de locatie op deze bevinding beoordeeld.",
        (_R.AUDITOR, _R.MONITOR),
    ),
}

#: Occasion → what is stated in a study that lists no meaning for it.
DEFAULTS: dict[str, Meaning] = {
    str(occasion): Meaning(
        code=str(occasion),
        text=Text(en=english, nl=dutch),
        signers=signers,
        people=2 if occasion in TWO_PEOPLE else 1,
        source=Source.CONV,
    )
    for occasion, (english, dutch, signers) in _SAID.items()
}
