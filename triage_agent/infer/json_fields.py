"""Reading typed fields of a JSON object; an error names the field, the cause and the cure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from triage_agent.errors import BundleInvalid

T = TypeVar("T")


def complaint(field: str, cause: str, cure: str) -> BundleInvalid:
    """Make the error for one field: where, why, and how to mend it."""
    return BundleInvalid(f"model.json, field {field}: {cause}. {cure}.")


@dataclass(frozen=True, slots=True)
class JsonFields:
    """One JSON object; `path` is where it stands in the document ("" for the document itself).

    Every reader raises BundleInvalid with the field, the cause and the cure.
    """

    values: Mapping[str, object]
    path: str = ""

    @classmethod
    def of(cls, value: object, path: str) -> "JsonFields":
        """Take a parsed JSON value that must be an object."""
        if not isinstance(value, dict):
            raise complaint(path or "(document)", "is not an object", "Write {...} there")
        return cls(cast("Mapping[str, object]", value), path)

    def where(self, key: str) -> str:
        """The full name of a field."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(key) is not None

    def required(self, key: str, cure: str) -> object:
        """The raw value of a field that must be there."""
        if not self.has(key):
            raise complaint(self.where(key), "is missing", cure)
        return self.values[key]

    def text(self, key: str, cure: str) -> str:
        """A string with something in it."""
        value = self.required(key, cure)
        if not isinstance(value, str) or not value.strip():
            raise complaint(self.where(key), "is not a text with something in it", cure)
        return value

    def number(self, key: str, cure: str) -> float:
        """A number; JSON's true and false are none."""
        value = self.required(key, cure)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise complaint(self.where(key), "is not a number", cure)
        return float(value)

    def flag(self, key: str, cure: str) -> bool:
        """True or false."""
        value = self.required(key, cure)
        if not isinstance(value, bool):
            raise complaint(self.where(key), "is neither true nor false", cure)
        return value

    def whole(self, key: str, cure: str) -> int:
        """A whole number."""
        value = self.number(key, cure)
        if not value.is_integer():
            raise complaint(self.where(key), f"is {value}, not a whole number", cure)
        return int(value)

    def items(self, key: str, cure: str) -> Sequence[object]:
        """A list with something in it."""
        value = self.required(key, cure)
        if not isinstance(value, list) or not value:
            raise complaint(self.where(key), "is not a list with something in it", cure)
        return value

    def texts(self, key: str, cure: str) -> tuple[str, ...]:
        """A list of strings with something in each."""
        values = self.items(key, cure)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise complaint(self.where(key), "has an entry that is not a text", cure)
        return tuple(str(value) for value in values)

    def numbers(self, key: str, cure: str) -> tuple[float, ...]:
        """A list of numbers."""
        entries = {str(index): value for index, value in enumerate(self.items(key, cure))}
        inner = JsonFields(entries, self.where(key))
        return tuple(inner.number(index, cure) for index in entries)

    def objects(self, key: str, cure: str) -> Iterator["JsonFields"]:
        """A list of objects with at least one in it."""
        for index, value in enumerate(self.items(key, cure)):
            yield JsonFields.of(value, f"{self.where(key)}[{index}]")

    def object(self, key: str, cure: str) -> "JsonFields":
        """An object that must be there."""
        return JsonFields.of(self.required(key, cure), self.where(key))

    def optional_object(self, key: str) -> "JsonFields":
        """An object that may be absent, which is the same as an empty one."""
        return JsonFields.of(self.values[key] if self.has(key) else {}, self.where(key))

    def guarded(self, key: str, cure: str, build: Callable[[], T]) -> T:
        """Build a value whose constructor raises ValueError, and name the field if it does."""
        try:
            return build()
        except ValueError as error:
            raise complaint(self.where(key), str(error), cure) from error
