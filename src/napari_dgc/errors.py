"""What can go wrong by the user's hand, said in one sentence."""


class UserError(Exception):
    """Bad input or bad options.

    The message is one clear sentence (what, where, what to do). The command
    line prints it and exits with status 2; the docks show it as a
    notification. Never used for defects of the program itself.
    """
