"""What every ReadingDesk must do."""

from tests.contracts.reading_claims import ClaimingContract
from tests.contracts.reading_marks import MarkingContract
from tests.contracts.reading_undone import UndoingContract


class ReadingDeskContract(ClaimingContract, MarkingContract, UndoingContract):
    """The whole of it."""
