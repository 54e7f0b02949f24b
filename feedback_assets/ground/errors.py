"""The errors that a user or an operator meets. Each names the thing, what was expected, and what to do.

Errors of one record never travel as exceptions past their stage: they become dead letters or quarantine rows.
"""


class FeedbackError(Exception):
    """A failure with a message a person can act on.

    what: the file, record, setting or key, and what is wrong with it, without raw feedback text.
    expected: what would have been right.
    mend: the next command to run or the change to make.
    """

    def __init__(self, what: str, *, expected: str = "", mend: str = "") -> None:
        self.what = what
        self.expected = expected
        self.mend = mend
        parts = [what]
        if expected:
            parts.append(f"expected: {expected}")
        if mend:
            parts.append(f"to mend: {mend}")
        super().__init__("; ".join(parts))


class SettingError(FeedbackError):
    """A setting, mapping, taxonomy or weights file that cannot be used."""


class ContractError(FeedbackError):
    """Rows that do not fit the contract of the table they are meant for. Always a bug: bad input is sorted out earlier."""


class BusyError(FeedbackError):
    """Another process holds what this one needs."""
