"""What can go wrong by the user's hand, said in one sentence."""


class UserError(Exception):
    """Bad input or bad options.

    The message is one clear sentence (what, where, what to do). The command
    line prints it and exits with status 2; the docks show it as a
    notification. Never used for defects of the program itself.

    Parameters
    ----------
    message
        The sentence. Control characters in it, from names in files, are shown
        as question marks.
    """

    def __init__(self, message: str) -> None:
        super().__init__(readable(message))


def readable(text: str) -> str:
    """Return a text that messages can hold: control characters become question marks."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
