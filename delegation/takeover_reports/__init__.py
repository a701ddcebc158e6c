"""People block their own sign-in from a mail about a change that was not theirs; support follows it up."""
