"""The sign-in of the supplier's own staff, as a company has one: an OpenID Provider for the portal alone."""
