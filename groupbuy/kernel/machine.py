"""What a state machine is: a name, a table, the allowed moves. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """
    :param name: written in the history rows and in the database's table of allowed moves.
    :param table: the table whose ``state`` column moves.
    :param start: states in which a row may be born.
    :param moves: state -> states that may follow it.
    """

    name: str
    table: str
    start: frozenset[str]
    moves: Mapping[str, frozenset[str]]

    def allows(self, old: str, new: str) -> bool:
        return new in self.moves.get(old, frozenset())

    def edges(self) -> set[tuple[str, str]]:
        """Return every allowed (old, new) pair."""
        return {(old, new) for old, news in self.moves.items() for new in news}
