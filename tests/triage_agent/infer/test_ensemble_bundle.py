import json
from dataclasses import replace

import pytest

from tests.fakes.bundle import make_bundle
from tests.fakes.ensemble import make_ensemble, make_member
from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import parse_any_bundle, parse_bundle, render_bundle
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.scores import Calibration

MEAN = make_ensemble(
    members=(make_member(1, weight=2.0), make_member(2, architecture="densenet121")),
    operating_points={Region.WRIST: 0.4},
    calibrations={Region.HAND: Calibration(0.5, -0.25)},
)
BY_REGION = make_ensemble(
    kind=EnsembleKind.BY_REGION,
    regions=(Region.HAND, Region.WRIST, Region.ELBOW),
    members=(
        make_member(1, regions=(Region.WRIST,)),
        make_member(2, regions=(Region.ELBOW, Region.HAND)),
    ),
)


def document(bundle, **changes):
    fields = json.loads(render_bundle(bundle)) | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...})


@pytest.mark.parametrize("bundle", [MEAN, BY_REGION])
def test_an_ensemble_survives_writing_and_reading(bundle):
    assert parse_any_bundle(render_bundle(bundle)) == bundle


def test_a_network_is_read_as_before():
    bundle = make_bundle()
    assert parse_any_bundle(render_bundle(bundle)) == parse_bundle(render_bundle(bundle)) == bundle


def test_where_one_network_is_needed_an_ensemble_is_refused():
    with pytest.raises(BundleInvalid, match="field kind: says that this is an ensemble"):
        parse_bundle(render_bundle(MEAN))


def test_an_ensemble_has_a_name_a_digest_and_an_architecture_of_its_own():
    assert MEAN.model == "together 1"
    assert MEAN.architecture == "mean of mobilenet_v2, densenet121"
    assert BY_REGION.architecture == "by region one of mobilenet_v2, mobilenet_v2"
    assert MEAN.operating_point(Region.WRIST) == 0.4
    assert MEAN.calibration(Region.HAND) == Calibration(0.5, -0.25)


def test_the_digest_is_over_all_members_and_how_they_answer():
    one, other = MEAN.members
    changed, heavier = replace(other, card_sha256="f" * 64), replace(other, weight=5.0)
    digests = {
        replace(MEAN, members=members).weights_sha256
        for members in ((one, other), (other, one), (one, changed), (one, heavier))
    }
    first, second = BY_REGION.members
    exchanged = (
        replace(first, regions=second.regions),
        replace(second, regions=first.regions),
    )
    digests |= {
        replace(BY_REGION, members=members).weights_sha256
        for members in (BY_REGION.members, exchanged)
    }
    assert len(digests) == 6
    assert all(len(each) == 64 for each in digests)


def test_a_region_has_the_member_that_was_chosen_for_it():
    assert [BY_REGION.member_for(each) for each in BY_REGION.regions] == [1, 0, 1]


MEMBER = {"model": "a 1", "architecture": "resnet18", "card_sha256": "a" * 64}
OTHER = MEMBER | {"card_sha256": "b" * 64}


@pytest.mark.parametrize(
    ("bundle", "changes", "complaint"),
    [
        (MEAN, {"kind": "median"}, "field kind: 'median'"),
        (MEAN, {"kind": 7}, "field kind: is not a text"),
        (MEAN, {"metrics": ...}, "field metrics: is missing"),
        (MEAN, {"intended_use": ""}, "field intended_use"),
        (MEAN, {"training_data": []}, "field training_data"),
        (MEAN, {"members": ...}, "field members: is missing"),
        (MEAN, {"members": [MEMBER]}, "has at least 2 members"),
        (MEAN, {"members": [MEMBER, MEMBER]}, "names a bundle twice"),
        (MEAN, {"members": [MEMBER, OTHER | {"weight": 0}]}, r"members\[1\].card_sha256: .*weight"),
        (MEAN, {"members": [MEMBER, OTHER | {"weight": "big"}]}, r"weight: is not a number"),
        (MEAN, {"members": [MEMBER, OTHER | {"card_sha256": "b"}]}, "64 lower-case"),
        (MEAN, {"members": [MEMBER, OTHER | {"model": None}]}, r"members\[1\].model: is missing"),
        (MEAN, {"members": [MEMBER, OTHER | {"model": ""}]}, r"members\[1\].model"),
        (MEAN, {"members": [MEMBER, OTHER | {"regions": ["HAND"]}]}, "where the mean is taken"),
        (MEAN, {"device_uid": "1.2.3"}, "device_uid"),
        (BY_REGION, {"members": [MEMBER, OTHER]}, "must answer for a region"),
        (BY_REGION, {"members": [MEMBER, OTHER | {"regions": ["KNEE"]}]}, "KNEE"),
        (BY_REGION, {"regions": ["HAND", "WRIST"]}, "one member that answers"),
        (BY_REGION, {"regions": [*BY_REGION.regions, "FINGER"]}, "one member that answers"),
        (
            BY_REGION,
            {
                "members": [
                    MEMBER | {"regions": [*BY_REGION.regions]},
                    OTHER | {"regions": ["HAND"]},
                ]
            },
            "one member that answers",
        ),
    ],
)
def test_the_error_names_field_and_cause(bundle, changes, complaint):
    with pytest.raises(BundleInvalid, match=complaint):
        parse_any_bundle(document(bundle, **changes))


@pytest.mark.parametrize("changes", [{"model": ""}, {"architecture": ""}, {"weight": float("inf")}])
def test_no_half_built_member_exists(changes):
    with pytest.raises(ValueError, match="must"):
        make_member(1, **changes)
