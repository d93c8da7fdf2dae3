"""Terms that a service name denies: "no IMS", "IMS declined", "without acupuncture, cupping or IMS"."""

from __future__ import annotations

from collections.abc import Sequence

from ims_billing.sessions.name_words import Piece

# Words that join the last of a list to a denying word: "without acupuncture, cupping or IMS".
_ENDS_A_LIST = ("or", "nor", "ou", "ni")
_ENDS_A_CLAUSE = ("-", "–", "—", "(", ")", ";", ":", "|")


def only_joins(piece: Piece) -> bool:
    """True for a sign or a word that only joins others."""
    group = piece.group
    return group is not None and group.effect == "neutral" and group.id in ("sign", "joining", "connecting")


class Denials:
    """The pieces that a name denies."""

    def __init__(self, pieces: Sequence[Piece], ims: int) -> None:
        self.denied: set[int] = set()
        self._pieces, self._ims = pieces, ims
        for place, piece in enumerate(pieces):
            if piece.effect == "denies-next":
                self._forwards(place)
            elif piece.effect == "denies-before":
                self._backwards(place)

    def _forwards(self, place: int) -> None:
        """Denies the service right after the word, and those that a list or a gloss joins to it.

        Over other words it reaches IMS only at the end of a list: "no heat, IMS" denies no IMS.
        """
        after = range(place + 1, len(self._pieces))
        first = next((n for n in after if not self._is_gap(self._pieces[n])), None)
        if first is not None and self._pieces[first].service is not None:
            self.denied.add(self._pieces[first].begin)
            self._joined(first)
        for number in after[1:]:
            piece = self._pieces[number]
            if piece.text in _ENDS_A_CLAUSE:
                return
            if piece.service == self._ims and self._ends_a_list(place, number):
                self.denied.add(piece.begin)
                self._joined(number)

    def _joined(self, place: int) -> None:
        """Denies what "or" or "/" joins to a denied service, and further terms for IMS beside it."""
        joined = False
        for piece in self._pieces[place + 1 :]:
            if piece.service is not None and (joined or piece.service == self._ims):
                self.denied.add(piece.begin)
                joined = False
            elif piece.text in (*_ENDS_A_LIST, "/"):
                joined = True
            elif not only_joins(piece):
                return

    def _ends_a_list(self, place: int, number: int) -> bool:
        before = number - 1
        while before > place and self._is_gap(self._pieces[before]):
            before -= 1
        return self._pieces[before].text in _ENDS_A_LIST

    @staticmethod
    def _is_gap(piece: Piece) -> bool:
        return piece.group is not None and piece.group.gap and piece.service is None

    def _backwards(self, place: int) -> None:
        """Denies the terms for IMS before the word, as far as nothing else stands between."""
        for piece in reversed(self._pieces[:place]):
            if piece.service == self._ims:
                self.denied.add(piece.begin)
            elif piece.service is not None or (piece.effect != "neutral" and piece.text not in ("was", "were")):
                return
