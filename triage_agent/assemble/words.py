"""Texts from headers as words that can be compared across devices and languages."""

import re
import unicodedata
from functools import lru_cache

# Letters that have no accent to strip and are still written plainly by many devices.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "\u0131": "i"})
_SMALL_THEN_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")


# A device sends the same few texts again and again.
@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text: case and accents gone, split at all that is no letter.

    Digits are words of their own ("WRIST3V" is wrist, 3, v) and a capital after a small letter
    begins a word ("HandPA" is hand, pa), so that a word is only ever compared as a whole.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    parted = _SMALL_THEN_CAPITAL.sub(" ", bare)
    return tuple(_LETTERS_OR_DIGITS.findall(parted.casefold().translate(_PLAIN_LETTERS)))
