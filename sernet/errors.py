"""The one exception for what a user can put right."""


class SernetError(Exception):
    """Something that a person can mend: the message says what is wrong, where, and what to do.

    Scripts print the message alone and exit with 1; anything else is a bug and keeps its traceback.
    """


class UsageError(SernetError):
    """An option, configuration key or value that is not allowed. Scripts exit with 2 and have made nothing."""
