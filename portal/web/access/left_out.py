"""The page says why a person is left out of a change of access, in words that fit below one name and several."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.access import site_limits
from delegation.authorization.policy import Decision
from portal.wording import dates, refusals

SHOWN_NAMES = 4
"""Names in a heading; all of them stand folded below it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Names the people who are left out for the same reason."""

    reason: str
    names: Sequence[str]

    @property
    def title(self) -> str:
        """Return `Mikko Laine and Päivi Korhonen`; of many people, the first few names."""
        return dates.name_list(self.names, most=SHOWN_NAMES)

    @property
    def folded(self) -> Sequence[str]:
        """Return all names where the title has not all."""
        return self.names if len(self.names) > SHOWN_NAMES else ()


def unchanged() -> str:
    """Return why people who hold exactly the chosen access are left out."""
    return _("Already this access")


def of_decision(decision: Decision) -> str:
    """Return why people whose change the policy refuses are left out."""
    texts = {
        "own_membership": str(refusals.OWN_ACCESS),
        "outside_sites": _("Sites that you do not manage"),
        "exceeds_authority": _("More access than you can assign"),
        "wrong_state": _("Already removed"),
        "organization_closed": _("The organization is closed."),
    }
    return texts.get(decision.reason, _("No permission"))


def of_site_limit(reason: str) -> str:
    """Return why people cannot be limited to sites."""
    texts = {
        site_limits.NO_ACCESS: _("No access"),
        site_limits.SEVERAL: _("Several tiers. Change the access on the person’s page."),
        site_limits.ELSEWHERE: _("None of these sites"),
        site_limits.WITHIN: _("Already limited to these sites"),
        site_limits.OUTDATED: _("A limit that is no longer valid. Change the access on the person’s page."),
    }
    return texts.get(reason, _("More access than you can assign"))
