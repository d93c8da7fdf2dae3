"""Words of a name that leave open whether IMS was given: "IMS 0", "in IMS room", "IMS or laser"."""

from __future__ import annotations

from collections.abc import Sequence

from ims_billing.rules.words import ServiceRules
from ims_billing.sessions.denials import only_joins
from ims_billing.sessions.name_words import NUMBER, Piece, is_word, singular, words_of

_OR = ("or", "ou")
# Between two numbers, what makes the one a part of the other: "1/2", "2 sur 5".
_OF = ("/", "of", "de", "sur")
# A number below this beside a slash is no length in minutes: "1/2".
_FEWEST_MINUTES = 10


class Doubts:
    """Finds the pieces of a name that nobody knows, and those that leave IMS open, by the rules."""

    def __init__(self, rules: ServiceRules) -> None:
        self._services = [words.id for words in rules.service]
        self._ims = self._services.index("ims")
        counted, relation = rules.counted, rules.relation
        self._visits, self._numbers = (
            {" ".join(words_of(word)) for word in counted[kind]} for kind in ("visits", "numbers")
        )
        self._before, self._behind, self._between = (
            {singular(word) for word in words} for words in (relation.before, relation.behind, relation.between)
        )

    def of(self, pieces: Sequence[Piece], *, or_is_settled: bool) -> tuple[list[Piece], list[Piece]]:
        """The pieces that nobody knows, and those that leave IMS open; `or_is_settled` passes over "or"."""
        unknown: list[Piece] = []
        doubtful: list[Piece] = []
        for place, piece in enumerate(pieces):
            if self._counts_visits(pieces, place) or self._relates(pieces, place) or _is_open_box(pieces, place):
                doubtful.append(piece)
                continue
            if piece.effect == "neutral" or piece.service == self._ims or self._is_passed_over(piece):
                continue
            if _is_once(piece) or (piece.group and piece.group.id == "only" and self._is_beside_ims(pieces, place)):
                continue
            if piece.text in _OR and (or_is_settled or self._joins_alike(pieces, place)):
                continue
            # Whatever denies is never passed over: "IMS (not acupuncture)" is for a person to read.
            (unknown if piece.group is None and piece.service is None else doubtful).append(piece)
        return unknown, doubtful

    def _counts_visits(self, pieces: Sequence[Piece], place: int) -> bool:
        """True for a number that makes the name one of no visit or of several: "IMS 0", "5 sessions", "1/2"."""
        piece = pieces[place]
        before = pieces[place - 1].text if place else ""
        after = pieces[place + 1].text if place + 1 < len(pieces) else ""
        if piece.text in self._numbers:
            return after in self._visits
        if piece.group is not NUMBER:
            return False
        amount = float(piece.text.replace(",", "."))
        is_small = amount < _FEWEST_MINUTES
        of_several = is_small and after in _OF and place + 2 < len(pieces) and pieces[place + 2].group is NUMBER
        # The minutes of 10:00 are no count.
        of_an_hour = before == ":" and place > 1 and pieces[place - 2].group is NUMBER
        return (amount == 0 and not of_an_hour) or (amount != 1 and after in self._visits) or of_several

    def _relates(self, pieces: Sequence[Piece], place: int) -> bool:
        """Whether a piece makes a term for IMS beside it say of something else what it is: "in IMS room"."""
        text = singular(pieces[place].text)
        sides = ((text in self._before, pieces[place + 1 :]), (text in self._behind, reversed(pieces[:place])))
        for may_relate, side in sides:
            beside = next((piece for piece in side if piece.text not in self._between), None)
            if may_relate and beside is not None and beside.service == self._ims:
                return True
        return False

    def _is_beside_ims(self, pieces: Sequence[Piece], place: int) -> bool:
        """Whether a term for IMS stands right before or after a piece, signs aside."""
        sides = (reversed(pieces[:place]), iter(pieces[place + 1 :]))
        next_words = (next((piece for piece in side if is_word(piece.text)), None) for side in sides)
        return any(piece is not None and piece.service == self._ims for piece in next_words)

    def _is_passed_over(self, piece: Piece) -> bool:
        """Physiotherapy changes nothing; acupuncture has a finding of its own."""
        service = None if piece.service is None else self._services[piece.service]
        return piece.group is None and service in ("physiotherapy", "acupuncture")

    def _joins_alike(self, pieces: Sequence[Piece], place: int) -> bool:
        """True for an "or" between two terms for IMS, or between two of one group: "neck or back"."""
        before = next((piece for piece in reversed(pieces[:place]) if not only_joins(piece)), None)
        after = next((piece for piece in pieces[place + 1 :] if not only_joins(piece)), None)
        if before is None or after is None:
            return False
        if before.service == self._ims or after.service == self._ims:
            return before.service == after.service
        one, other = before.group, after.group
        return one is not None and other is not None and one.id == other.id and one.alternatives and other.alternatives


def _is_open_box(pieces: Sequence[Piece], place: int) -> bool:
    """Whether a box that nobody ticked begins here: "[ ]"."""
    return [piece.text for piece in pieces[place : place + 2]] in (["[", "]"], ["(", ")"])


def _is_once(piece: Piece) -> bool:
    """Whether a piece says that the visit was one: "x1"."""
    return piece.text.replace(" ", "") in ("x1", "1x")
