"""Numbers from data elements, read tolerantly: absent is allowed, nonsense is named."""

from collections.abc import Sequence

from pydicom import Dataset

from triage_agent.errors import PixelsUnreadable


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Return the values of an element; () if it is absent or empty.

    Raises:
        PixelsUnreadable: a value is not a number.
    """
    try:
        value = dataset.get(keyword)
        if value is None or value in ("", b""):
            return ()
        several = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        return tuple(float(each) for each in (value if several else [value]))
    except Exception as error:  # pydicom's converters raise whatever they run into
        raise PixelsUnreadable(f"{keyword} is not a number") from error


def whole_number(dataset: Dataset, keyword: str) -> int | None:
    """Return the first value of an element as an int; None if it is absent or empty.

    Raises:
        PixelsUnreadable: the value is not a whole number.
    """
    values = numbers(dataset, keyword)
    if not values:
        return None
    if not values[0].is_integer():
        raise PixelsUnreadable(f"{keyword} is not a whole number")
    return int(values[0])
