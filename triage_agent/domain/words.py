"""The language in which something is said: English, unless other words are passed on."""

from typing import Final, Protocol


class Words(Protocol):
    """One language."""

    def say(self, text: str, /, **values: object) -> str:
        """Return an English text of ours in this language, its gaps `%(name)s` filled."""
        ...

    def again(self, sentence: str, /) -> str:
        """Return a finished English sentence in this language, as it is where it is not known.

        For what is kept in English: reasons, the lines of a study's story, names of states.
        """
        ...


class _English:
    def say(self, text: str, /, **values: object) -> str:
        return text % values

    def again(self, sentence: str, /) -> str:
        return sentence


ENGLISH: Final[Words] = _English()
