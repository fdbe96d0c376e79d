"""What every AuditTrail must do."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import T0, after, uid
from triage_agent.domain.audit import AuditCursor, AuditEntry, AuditFilter, AuditLine, Deed
from triage_agent.ports.audit import AuditTrail

STUDY = uid("study", 1)
ALL = AuditFilter()


def line(seconds: float = 0, **overrides: Any) -> AuditLine:
    """Return a line `seconds` after T0."""
    values: dict[str, Any] = {"at": after(seconds), "who": "ada", "deed": Deed.LIST_VIEWED}
    return AuditLine(**(values | overrides))


class AuditTrailContract:
    @pytest.fixture
    def trail(self) -> AuditTrail:
        raise NotImplementedError

    def found(self, trail: AuditTrail, **sought: Any) -> list[AuditLine]:
        return [each.line for each in trail.search(AuditFilter(**sought), limit=100)]

    def test_an_empty_trail(self, trail: AuditTrail) -> None:
        assert trail.search(ALL, limit=10) == ()
        assert list(trail.export(ALL)) == []

    def test_a_line_comes_back_as_it_was(self, trail: AuditTrail) -> None:
        whole = line(
            0.000001,
            who="Ünal 'x' %_\\",
            deed=Deed.VERDICT,
            StudyInstanceUID=STUDY,
            detail='disagreed, <b>"missed"</b>\r\n=1+1',
            address="2001:db8::1",
        )
        trail.record(whole)
        assert self.found(trail) == [whole]

    def test_the_newest_come_first(self, trail: AuditTrail) -> None:
        for seconds in (2, 1, 3, 3):
            trail.record(line(seconds))
        entries = trail.search(ALL, limit=10)
        assert [each.line.at for each in entries] == [after(s) for s in (3, 3, 2, 1)]
        assert [each.number for each in entries] == [4, 3, 1, 2]

    def test_pages_go_on_where_the_last_one_ended(self, trail: AuditTrail) -> None:
        for number in range(7):
            trail.record(line(number // 3, detail=str(number)))
        whole = trail.search(ALL, limit=10)
        first = trail.search(ALL, limit=3)
        second = trail.search(ALL, limit=3, before=first[-1].cursor)
        third = trail.search(ALL, limit=3, before=second[-1].cursor)
        assert first + second + third == whole
        assert trail.search(ALL, limit=3, before=third[-1].cursor) == ()
        assert trail.search(ALL, limit=3, after=second[0].cursor) == first
        assert trail.search(ALL, limit=2, after=third[0].cursor) == second[1:]
        assert trail.search(ALL, limit=3, after=first[0].cursor) == ()

    def test_what_is_written_meanwhile_moves_no_page(self, trail: AuditTrail) -> None:
        for number in range(4):
            trail.record(line(number))
        first = trail.search(ALL, limit=2)
        trail.record(line(9))
        second = trail.search(ALL, limit=2, before=first[-1].cursor)
        assert [each.line.at for each in second] == [after(1), after(0)]

    @pytest.mark.parametrize(
        "sought",
        [
            {"who": "bob"},
            {"deeds": frozenset({Deed.STUDY_VIEWED})},
            {"StudyInstanceUID": STUDY},
            {"since": after(5)},
            {"text": "wanted"},
            {"text": "WANTED"},
            {"text": "BO"},
            {"text": "0.2"},
        ],
    )
    def test_each_filter_narrows(self, trail: AuditTrail, sought: dict[str, Any]) -> None:
        other = line(1, who="ada", address="10.0.0.1", detail="a w anted line")
        wanted = line(
            5,
            who="bob",
            deed=Deed.STUDY_VIEWED,
            StudyInstanceUID=STUDY,
            detail="this is the Wanted one",
            address="10.0.0.2",
        )
        trail.record(other)
        trail.record(wanted)
        assert self.found(trail, **sought) == [wanted]
        assert [each.line for each in trail.export(AuditFilter(**sought))] == [wanted]

    def test_filters_add_up(self, trail: AuditTrail) -> None:
        trail.record(line(1, who="bob"))
        trail.record(line(2, who="bob", deed=Deed.CLAIMED))
        trail.record(line(3, deed=Deed.CLAIMED))
        found = self.found(trail, who="bob", deeds=frozenset({Deed.CLAIMED, Deed.RELEASED}))
        assert [each.at for each in found] == [after(2)]

    def test_any_of_several_deeds(self, trail: AuditTrail) -> None:
        for deed in (Deed.CLAIMED, Deed.RELEASED, Deed.READ):
            trail.record(line(deed=deed))
        found = self.found(trail, deeds=frozenset({Deed.CLAIMED, Deed.READ}))
        assert {each.deed for each in found} == {Deed.CLAIMED, Deed.READ}

    def test_since_is_in_and_until_is_out(self, trail: AuditTrail) -> None:
        for seconds in range(4):
            trail.record(line(seconds))
        found = self.found(trail, since=after(1), until=after(3))
        assert [each.at for each in found] == [after(2), after(1)]

    @pytest.mark.parametrize("text", ["100%", "a_b", "a\\b", "'", '"', "nul\0"])
    def test_text_is_taken_literally(self, trail: AuditTrail, text: str) -> None:
        trail.record(line(1, detail=f"says {text} here"))
        trail.record(line(2, detail="says 1000 axb ab here"))
        assert [each.at for each in self.found(trail, text=text)] == [after(1)]

    def test_capitals_fold_in_ascii_only(self, trail: AuditTrail) -> None:
        trail.record(line(detail="Ärger ABC"))
        assert self.found(trail, text="ärger") == []
        assert len(self.found(trail, text="Ärger abc")) == 1

    def test_pages_of_a_filter(self, trail: AuditTrail) -> None:
        for number in range(6):
            trail.record(line(number, who="bob" if number % 2 else "ada"))
        sought = AuditFilter(who="bob")
        (newest,) = trail.search(sought, limit=1)
        assert newest.line.at == after(5)
        rest = trail.search(sought, limit=5, before=newest.cursor)
        assert [each.line.at for each in rest] == [after(3), after(1)]

    def test_a_cursor_need_not_be_an_entry(self, trail: AuditTrail) -> None:
        trail.record(line(1))
        place = AuditCursor(T0 + timedelta(seconds=30), 0)
        assert len(trail.search(ALL, limit=5, before=place)) == 1
        assert trail.search(ALL, limit=5, after=place) == ()

    def test_an_export_has_all_oldest_first_and_nothing_newer(self, trail: AuditTrail) -> None:
        for number in range(5):
            trail.record(line(number))
        exported = trail.export(ALL)
        entries: list[AuditEntry] = [next(exported)]
        trail.record(line(100))
        entries += exported
        assert [each.line.at for each in entries] == [after(number) for number in range(5)]
