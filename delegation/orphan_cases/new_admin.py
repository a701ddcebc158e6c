"""Every channel names the person to invite alike."""

from dataclasses import dataclass

from delegation.authorization import input_cleaning


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """Names the person to invite, by the address that the invitation goes to."""

    email: str
    name: str
    language: str = "en"

    def cleaned(self) -> "NewAdmin":
        """Return the one spelling of every value. Raises InvalidInput."""
        return NewAdmin(
            input_cleaning.address(self.email),
            input_cleaning.name(self.name),
            input_cleaning.language(self.language),
        )
