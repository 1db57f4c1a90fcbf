"""What went wrong, where, and what can be done? The one exception that a user ever sees."""


class ContractctlError(Exception):
    """Something that the user can fix: one sentence that says what is wrong, and a hint that can be followed.

    The command line prints it on stderr and exits with 2; no traceback is shown.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
