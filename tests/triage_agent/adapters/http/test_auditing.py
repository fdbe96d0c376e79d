"""Whatever shows a patient or changes something is in the trail before the answer leaves."""

from types import SimpleNamespace

import pytest

from tests.contracts.audit_trail import line
from tests.factories import after, uid
from tests.fakes.audit_trail import FakeAuditTrail
from tests.fakes.clock import FakeClock
from triage_agent.adapters.http.auditing import (
    _KEPT_VIEWS,
    LIST_SECONDS,
    SAME_VIEW_SECONDS,
    RecentViews,
    address_of,
    note,
    note_list_picture,
)
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Visitor
from triage_agent.errors import DatabaseUnavailable, StorageFull

STUDY = uid("study", 1)
ADA = Visitor(name="ada", roles=frozenset())


def request(peer="10.0.0.9", **state):
    return SimpleNamespace(
        app=SimpleNamespace(state=SimpleNamespace()),
        state=SimpleNamespace(**state),
        client=SimpleNamespace(host=peer) if peer else None,
    )


@pytest.fixture
def sources():
    return SimpleNamespace(audit=FakeAuditTrail(), clock=FakeClock())


def test_a_line_says_who_what_when_and_from_where(sources):
    note(sources, request(), ADA, Deed.CLAIMED, STUDY, "for 30 minutes")
    assert sources.audit.lines == [
        line(
            deed=Deed.CLAIMED,
            StudyInstanceUID=STUDY,
            detail="for 30 minutes",
            address="10.0.0.9",
        )
    ]


def test_nobody_and_nowhere_are_said_too(sources):
    note(sources, request(None), None, Deed.SIGN_IN_REFUSED)
    assert [(each.who, each.address) for each in sources.audit.lines] == [("", "")]


def test_the_address_is_what_a_trusted_proxy_told():
    assert address_of(request("127.0.0.1")) == "127.0.0.1"
    assert address_of(request("127.0.0.1", address="10.1.1.1")) == "10.1.1.1"


def test_the_same_view_is_one_line_a_minute(sources):
    asked = request()
    for _ in range(5):
        note(sources, asked, ADA, Deed.LIST_VIEWED, detail="region=WRIST")
        sources.clock.advance(SAME_VIEW_SECONDS / 5)
    assert len(sources.audit.lines) == 1
    note(sources, asked, ADA, Deed.LIST_VIEWED, detail="region=WRIST")
    assert [each.at for each in sources.audit.lines] == [after(0), after(SAME_VIEW_SECONDS)]


@pytest.mark.parametrize(
    ("visitor", "view", "address"),
    [
        (ADA, (Deed.LIST_VIEWED, "", "region=HAND"), "10.0.0.9"),
        (ADA, (Deed.STUDY_VIEWED, STUDY, ""), "10.0.0.9"),
        (ADA, (Deed.LIST_VIEWED, "", ""), "10.0.0.8"),
        (Visitor(name="bob", roles=frozenset()), (Deed.LIST_VIEWED, "", ""), "10.0.0.9"),
    ],
)
def test_another_view_is_another_line(sources, visitor, view, address):
    asked = request()
    note(sources, asked, ADA, Deed.LIST_VIEWED)
    asked.client.host = address
    note(sources, asked, visitor, *view)
    assert len(sources.audit.lines) == 2


def test_what_somebody_does_is_a_line_each_time(sources):
    asked = request()
    for _ in range(3):
        note(sources, asked, ADA, Deed.CLAIMED, STUDY)
    assert sources.audit.deeds == [Deed.CLAIMED] * 3


def test_a_view_that_was_not_written_is_tried_again(sources):
    asked = request()
    sources.audit.error = DatabaseUnavailable("away")
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            note(sources, asked, ADA, Deed.STUDY_VIEWED, STUDY)
    sources.audit.error = None
    note(sources, asked, ADA, Deed.STUDY_VIEWED, STUDY)
    assert sources.audit.deeds == [Deed.STUDY_VIEWED]


def test_a_clock_that_was_set_back_hides_no_view(sources):
    asked = request()
    note(sources, asked, ADA, Deed.LIST_VIEWED)
    sources.clock.set(after(-3600))
    note(sources, asked, ADA, Deed.LIST_VIEWED)
    assert len(sources.audit.lines) == 2


def test_pictures_of_the_list_go_with_its_line(sources):
    asked = request()
    note(sources, asked, ADA, Deed.LIST_VIEWED)
    note_list_picture(sources, asked, ADA, STUDY)
    sources.clock.advance(LIST_SECONDS)
    assert sources.audit.deeds == [Deed.LIST_VIEWED]
    note_list_picture(sources, asked, ADA, STUDY)
    assert sources.audit.deeds == [Deed.LIST_VIEWED, Deed.IMAGE_VIEWED]


def test_a_picture_of_the_list_without_the_list_is_a_line(sources):
    asked = request()
    note(sources, asked, Visitor(name="bob", roles=frozenset()), Deed.LIST_VIEWED)
    note_list_picture(sources, asked, ADA, STUDY)
    assert [(each.who, each.deed) for each in sources.audit.lines] == [
        ("bob", Deed.LIST_VIEWED),
        ("ada", Deed.IMAGE_VIEWED),
    ]


def test_what_is_remembered_of_views_has_an_end():
    views = RecentViews()
    for number in range(_KEPT_VIEWS + 1):
        views.remember(line(detail=str(number)))
    assert not views.is_repeated(line(detail="0"))
    assert views.is_repeated(line(detail="1"))


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), StorageFull("full")])
@pytest.mark.parametrize("address", ["/", "/list", f"/studies/{STUDY}", "/audit"])
def test_nobody_sees_a_patient_unseen(node, client, error, address):
    node.receive(StudyInstanceUID=STUDY, PatientName="Hidden^Name")
    assert client.get(address).status_code == 200
    node.audit.error = error
    node.clock.advance(2 * SAME_VIEW_SECONDS)
    answer = client.get(address)
    assert answer.status_code == 503
    assert "Hidden" not in answer.text
