"""What went wrong, where, and what is there to do? The one exception that a user ever reads."""


class ContractctlError(Exception):
    """Something that the user can mend: one sentence that says what is wrong, and a hint that can be obeyed.

    The command line prints it on stderr and exits with 2; no traceback is shown.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
