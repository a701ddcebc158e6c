"""Each kind of proof rests on one source, and has a weight that the supplier sets."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from delegation.orphan_cases.models import OrphanProof

KIND = OrphanProof.ProofKind
SOURCES = {
    KIND.MEMBER: "members",
    # The holder of a domain reads its mail and writes its DNS: a lapsed domain gives both.
    KIND.MAILBOX: "domain",
    KIND.DOMAIN: "domain",
    KIND.CONTACT: "contact",
    KIND.REGISTER: "register",
    KIND.MANDATE: "paper",
    KIND.CALL_BACK: "phone",
    KIND.LETTER: "paper",
}
"""Two proofs with one source are no independent proofs, and count as the heavier one. Answers: see `sources`."""
WITH_FILE = frozenset({KIND.REGISTER, KIND.MANDATE, KIND.LETTER})
"""Documents, of which the file is kept."""
BY_STAFF = (KIND.DOMAIN, KIND.CONTACT, KIND.REGISTER, KIND.MANDATE, KIND.CALL_BACK, KIND.LETTER)
"""What staff add; members and old admins answer by their own links."""
NEEDED_SOURCES = 2


@dataclass(frozen=True, slots=True)
class Score:
    """Says how far the proofs go: their independent sources, and the sum of the heaviest weight of each."""

    sources: int
    weight: int

    def suffices(self, threshold: int) -> bool:
        """Return whether two people may decide by these proofs."""
        return self.sources >= NEEDED_SOURCES and self.weight >= threshold


def weight_of(kind: str) -> int:
    """Return the weight that the supplier gives to this kind now; a stored proof keeps its own."""
    return int(settings.ORPHAN_WEIGHTS[kind])


def score(proofs: Iterable[OrphanProof]) -> Score:
    """Add the weights of independent proofs."""
    heaviest: dict[str, int] = {}
    for proof in proofs:
        heaviest[proof.source] = max(heaviest.get(proof.source, 0), proof.weight)
    return Score(len(heaviest), sum(heaviest.values()))
