"""Two of the supplier's staff let a person replace lost sign-in methods, once."""
