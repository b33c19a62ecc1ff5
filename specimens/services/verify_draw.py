"""Verifying the populations of random draws: each stands beside the ledger, and its digest in it."""

from sqlalchemy import Connection, text

from specimens.domain.draw import digest
from specimens.ledger.chain import Difference

_POPULATIONS = text(
    "SELECT draw.code, draw.entry_seq, draw.population_digest, draw_population.codes FROM draw "
    "LEFT JOIN draw_population ON draw_population.draw = draw.code ORDER BY draw.id"
)


def check_draws(connection: Connection) -> list[Difference]:
    """Name every draw whose population is not the one that the ledger digested."""
    wrong = []
    for row in connection.execute(_POPULATIONS):
        found = None if row.codes is None else digest(str(row.codes))
        if found != row.population_digest:
            expected = row.population_digest or "none"
            wrong.append(
                Difference(f"draw {row.code}", row.entry_seq, "population", expected, found or "gone")
            )
    return wrong
