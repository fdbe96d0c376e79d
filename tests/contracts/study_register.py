"""What every StudyRegister must do."""

from tests.contracts.registering import RegisteringContract
from tests.contracts.reporting import ReportingContract
from tests.contracts.scoring import ScoringContract


class StudyRegisterContract(RegisteringContract, ScoringContract, ReportingContract):
    """The whole of it; the parts follow the steps."""
