"""The words that belong to the papers themselves, in both languages: headings, labels, fixed sentences."""

from specimens.documents import language_back, language_custody, language_sheets

_PAIRS = language_custody.PAIRS | language_back.PAIRS | language_sheets.PAIRS
_WORDS = {
    "en": {key: english for key, (english, _) in _PAIRS.items()},
    "nl": {key: dutch for key, (_, dutch) in _PAIRS.items()},
}


def tongue(language: str) -> str:
    """Return `nl` for Dutch, whatever the country, and `en` for everything else."""
    return "nl" if language.lower().split("-")[0].split("_")[0] == "nl" else "en"


def counted(words: dict[str, str], key: str, number: int) -> str:
    """Return a number with its noun: *key* is the word for many, *key*`_1` the word for one."""
    return words[f"{key}_1" if number == 1 else key].format(n=number)


def own(language: str) -> dict[str, str]:
    """Return the papers' own words in a language."""
    return _WORDS[tongue(language)]
