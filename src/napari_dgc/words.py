"""Words that several messages share."""


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: ``"1 band"``, ``"2 bands"``.

    Parameters
    ----------
    count
        How many there are.
    noun
        Of one of them; its plural ends in s.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
