"""How instances enter every StudyRegister, and what it tells of them."""

import pytest

from tests.contracts.instance_states import EXCLUDED, UNREADABLE
from tests.contracts.register_ports import QUIET_SECONDS, STUDY, RegisterPorts
from tests.factories import (
    T0,
    Value,
    after,
    make_header,
    make_instance,
    make_opening,
    make_result,
    make_stored,
    uid,
)
from triage_agent.domain.instance import CodedConcept
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.errors import StudyUnknown
from triage_agent.ports.register import RegistrationOutcome


class RegisteringContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def test_the_first_instance_makes_its_study(self, ports: RegisterPorts) -> None:
        instance = make_instance(ImageLaterality="L")
        assert ports.arrive(instance) is RegistrationOutcome.NEW
        images = ports.register.study_images(STUDY)
        assert images.instances == (instance,)
        study = images.study
        assert study.state is StudyState.OPEN
        assert (study.generation, study.revision, study.assessed_revision) == (1, 1, 0)
        assert (study.PatientID, study.AccessionNumber, study.laterality) == ("P1", "A1", "L")
        assert study.region is Region.WRIST
        assert study.stat is False
        assert study.assessment == make_opening().assessment
        assert study.placement == make_opening().placement
        assert (study.arrived_at, study.last_instance_at) == (T0, T0)
        assert study.closes_at == after(QUIET_SECONDS)
        assert study.closed_at is None
        assert ports.story() == ["received", "opened"]

    def test_a_header_comes_back_as_it_was(self, ports: RegisterPorts) -> None:
        header = make_header(
            PatientName="Größe^Ωμέγα=山田^太郎",
            StudyDescription="a\0b \udce9 \N{FACE WITH TEARS OF JOY}",
            anatomic_regions=(CodedConcept(CodeValue="T-15460", CodingSchemeDesignator="SRT"),),
            requested_procedures=("Wrist 2 views", "XR"),
            priorities=("STAT",),
            processing_device_uids=("1.2.3", "1.2.4"),
            InstanceNumber=2**40,
            NumberOfFrames=3,
            declared_instances=7,
        )
        instance = make_instance(header, source_ae_title="CR\udcff")
        ports.arrive(instance)
        assert ports.register.study_images(STUDY).instances[0].header == header

    def test_the_same_bytes_again_are_a_duplicate(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        before = ports.register.study_images(STUDY)
        again = make_instance(instance.header, received_at=after(5))
        assert ports.arrive(again, stat=True) is RegistrationOutcome.DUPLICATE
        assert ports.register.study_images(STUDY) == before
        assert ports.story() == ["received", "opened"]

    def test_other_bytes_under_a_known_uid_are_a_conflict(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        before = ports.register.study_images(STUDY)
        other = make_instance(
            instance.header, stored=make_stored("other"), StudyInstanceUID=uid("study", 2)
        )
        assert ports.arrive(other) is RegistrationOutcome.CONFLICT
        assert ports.register.study_images(STUDY) == before
        with pytest.raises(StudyUnknown):
            ports.register.study_images(uid("study", 2))

    def test_a_conflict_is_told_once_in_the_story_of_the_known_study(
        self, ports: RegisterPorts
    ) -> None:
        instance = make_instance()
        ports.arrive(instance)
        quarantined = make_stored("other")
        other = make_instance(instance.header, stored=quarantined, StudyInstanceUID=uid("study", 2))
        for _ in range(2):
            ports.register.record_conflict(other, quarantined, now=after(1))
        assert ports.story() == ["received", "opened", "conflict quarantined"]

    def test_a_conflict_with_nothing_known_is_kept_silently(self, ports: RegisterPorts) -> None:
        ports.register.record_conflict(make_instance(), make_stored("other"), now=T0)
        assert ports.worklist.count() == 0

    def test_a_digest_is_found_by_its_uid(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        assert ports.register.find_digest(instance.header.SOPInstanceUID) is None
        ports.arrive(instance)
        digest = ports.register.find_digest(instance.header.SOPInstanceUID)
        assert digest == instance.stored.digest

    def test_empty_attributes_are_filled_in_and_filled_ones_stay(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(PatientID="", AccessionNumber="A1", region=None))
        ports.arrive(
            make_instance(
                PatientID="P2", AccessionNumber="A2", ImageLaterality="R", region=Region.HAND
            )
        )
        ports.arrive(make_instance(PatientID="P3", region=Region.ELBOW))
        study = ports.study()
        assert (study.PatientID, study.AccessionNumber) == ("P2", "A1")
        assert (study.laterality, study.region) == ("R", Region.HAND)

    @pytest.mark.parametrize(
        ("sides", "of_the_study"),
        [
            (["L", "L"], "L"),
            (["R", "", "R"], "R"),
            (["L", "R"], "B"),
            (["R", "", "L", "R"], "B"),
            (["L", "B"], "B"),
            (["B", "R"], "B"),
            (["R", "U"], "R"),
        ],
    )
    def test_a_study_has_the_sides_of_its_images(
        self, ports: RegisterPorts, sides: list[str], of_the_study: str
    ) -> None:
        for side in sides:
            ports.arrive(make_instance(ImageLaterality=side))
        assert ports.study().laterality == of_the_study

    @pytest.mark.parametrize("order", [1, -1])
    def test_an_excluded_instance_has_no_say_in_the_side(
        self, ports: RegisterPorts, order: int
    ) -> None:
        excluded = make_instance(ImageLaterality="R", **EXCLUDED)
        for each in [excluded, make_instance(ImageLaterality="L")][::order]:
            ports.arrive(each)
        assert ports.study().laterality == "L"

    def test_the_first_image_in_scope_sets_the_region_whatever_excluded_ones_show(
        self, ports: RegisterPorts
    ) -> None:
        elsewhere = EXCLUDED | {"region": Region.ELBOW}
        ports.arrive(make_instance(**elsewhere))
        assert ports.study().region is Region.ELBOW
        for region in (Region.HAND, Region.WRIST):
            ports.arrive(make_instance(region=region))
            ports.arrive(make_instance(**elsewhere))
            assert ports.study().region is Region.HAND

    def test_stat_only_rises(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance(), stat=True)
        assert ports.study().stat is True
        ports.arrive(make_instance(), stat=False)
        assert ports.study().stat is True

    def test_every_instance_restarts_the_quiet_period(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance(received_at=after(8)))
        ports.arrive(make_instance(received_at=after(5)))  # registered late: nothing goes back
        study = ports.study()
        assert study.closes_at == after(8 + QUIET_SECONDS)
        assert (study.arrived_at, study.last_instance_at) == (T0, after(8))

    def test_a_clock_that_was_ahead_keeps_no_study_open(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(received_at=after(3600)))
        ports.arrive(make_instance(received_at=after(8)))
        study = ports.study()
        assert study.closes_at == after(8 + QUIET_SECONDS)
        assert study.last_instance_at == after(8)

    @pytest.mark.parametrize("attributes", [{}, UNREADABLE])
    def test_a_late_instance_opens_the_study_again(
        self, ports: RegisterPorts, attributes: dict[str, Value]
    ) -> None:
        ports.complete(make_instance())
        before = ports.study()
        ports.arrive(make_instance(received_at=after(100), **attributes))
        study = ports.study()
        assert (study.state, study.closed_at) == (StudyState.OPEN, None)
        assert study.generation == 2
        assert study.revision == before.revision + 1
        assert study.closes_at == after(100 + QUIET_SECONDS)
        assert ports.story()[-1] == "opened again"

    def test_a_late_instance_opens_a_reported_study_again(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        assert ports.report([make_result()], "pacs")
        ports.arrive(make_instance(received_at=after(100)))
        assert (ports.study().state, ports.study().generation) == (StudyState.OPEN, 2)

    def test_an_excluded_instance_never_opens_a_study_again(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        before = ports.study()
        ports.arrive(make_instance(received_at=after(100), **EXCLUDED))
        study = ports.study()
        assert study.state is StudyState.CLOSED
        assert (study.generation, study.revision) == (1, before.revision)
        assert study.closed_at == before.closed_at
        assert len(ports.register.study_images(STUDY).instances) == 2

    def test_an_excluded_instance_can_be_a_studys_first(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(**EXCLUDED))
        assert ports.study().revision == 1
        assert ports.register.unassessed(10) == (STUDY,)
        ports.arrive(make_instance(received_at=after(1), **EXCLUDED))
        assert ports.study().revision == 1

    def test_stat_that_comes_with_an_excluded_instance_is_assessed(
        self, ports: RegisterPorts
    ) -> None:
        ports.complete(make_instance())
        assert ports.register.unassessed(10) == ()
        ports.arrive(make_instance(**EXCLUDED), stat=True)
        assert ports.register.unassessed(10) == (STUDY,)
        assert ports.study().generation == 1

    def test_a_study_closes_when_all_declared_instances_came(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=3))
        ports.arrive(make_instance(received_at=after(1), **EXCLUDED))
        assert ports.study().state is StudyState.OPEN
        ports.arrive(make_instance(received_at=after(2)))
        study = ports.study()
        assert (study.state, study.closed_at) == (StudyState.CLOSED, after(2))
        assert ports.story()[-1] == "closed"
        # One more than declared: the declaration is wrong, so the quiet period decides again.
        ports.arrive(make_instance(received_at=after(3)))
        study = ports.study()
        assert (study.state, study.generation) == (StudyState.OPEN, 2)

    def test_the_greatest_declared_number_counts(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=2))
        ports.arrive(make_instance(declared_instances=3))
        assert ports.study().state is StudyState.OPEN

    @pytest.mark.parametrize("declared", [0, -1])
    def test_a_declared_number_below_one_says_nothing(
        self, ports: RegisterPorts, declared: int
    ) -> None:
        ports.arrive(make_instance(declared_instances=declared))
        assert ports.study().state is StudyState.OPEN

    def test_a_study_of_one_declared_instance_closes_at_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=1))
        assert ports.study().state is StudyState.CLOSED
        assert ports.story() == ["received", "opened", "closed"]

    def test_the_story_of_an_instance_names_its_state_and_no_patient(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(SOPInstanceUID="1.2.3", **EXCLUDED))
        received = ports.register.events(STUDY)[0]
        assert received.detail == "1.2.3 excluded: not a radiograph"
        assert (received.at, received.StudyInstanceUID) == (T0, STUDY)

    def test_instances_come_in_order_of_series_and_number(self, ports: RegisterPorts) -> None:
        order = [("1.2.1", 2), ("1.2.1", 10), ("1.2.1", None), ("1.2.2", 1)]
        for series, number in reversed(order):
            ports.arrive(make_instance(SeriesInstanceUID=series, InstanceNumber=number))
        headers = [each.header for each in ports.register.study_images(STUDY).instances]
        assert [(each.SeriesInstanceUID, each.InstanceNumber) for each in headers] == order

    def test_one_series_uid_in_two_studies_is_tolerated(self, ports: RegisterPorts) -> None:
        for number in (1, 2):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        for number in (1, 2):
            assert len(ports.register.study_images(uid("study", number)).instances) == 1

    def test_an_unknown_study_is_named_as_such(self, ports: RegisterPorts) -> None:
        with pytest.raises(StudyUnknown):
            ports.register.study_images("1.2.3")
        with pytest.raises(StudyUnknown):
            ports.register.events("1.2.3")
        assert ports.register.results("1.2.3") == ()
