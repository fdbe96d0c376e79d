from triage_agent.domain.identity import roles_of
from triage_agent.domain.visitor import Role

MEANING = {"radiology": (Role.READER,), "it": (Role.ADMINISTRATOR, Role.AUDITOR)}


def test_groups_add_up_and_what_means_nothing_gives_nothing():
    assert roles_of([" radiology", "it", "choir"], MEANING) == frozenset(Role)
    assert roles_of(["reader", "READER", ""], MEANING) == frozenset()
    assert roles_of([], MEANING) == frozenset()
