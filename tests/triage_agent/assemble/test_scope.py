import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_header
from triage_agent.assemble.scope import ScopeRule
from triage_agent.assemble.vocabulary import builtin_vocabulary
from triage_agent.domain.instance import CodedConcept, InstanceHeader, InstanceState
from triage_agent.domain.region import Region

CR = "1.2.840.10008.5.1.4.1.1.1"
DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
RF = "1.2.840.10008.5.1.4.1.1.12.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
SCT_HAND = CodedConcept(CodeValue="85562004", CodingSchemeDesignator="SCT", CodeMeaning="Hand")


def decide(*, site=None, **attributes):
    rule = ScopeRule(builtin_vocabulary(), site or {})
    described = {"StudyDescription": "", "BodyPartExamined": ""} | attributes
    return rule.decide(make_header(**described))


def in_scope(**attributes):
    decision = decide(**attributes)
    assert decision.state is InstanceState.RECEIVED, decision.reason
    return decision.region


def excluded(**attributes):
    decision = decide(**attributes)
    assert decision.state is InstanceState.EXCLUDED
    return decision.reason


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"SOPClassUID": CR, "Modality": "CR", "PresentationIntentType": ""},
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"Modality": ""},
        {"ImageType": ()},
        {"ImageType": ("DERIVED", "PRIMARY")},
        {"ImageType": ("DERIVED", "SECONDARY"), "SeriesDescription": "PA"},
        {"SeriesDescription": "Wrist AI enhanced"},  # acquired so, not a result
        {"processing_device_uids": ("1.2.3",)},
    ],
)
def test_a_radiograph_of_a_region_is_in_scope(attributes):
    assert in_scope(BodyPartExamined="WRIST", **attributes) is Region.WRIST


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"SOPClassUID": RF, "Modality": "RF"}, "X-Ray Radiofluoroscopic Image Storage is not a"),
        ({"SOPClassUID": SECONDARY_CAPTURE}, "Secondary Capture Image Storage is not a CR or DX"),
        ({"SOPClassUID": "1.2.3.4"}, "an unknown kind of object is not a CR or DX radiograph"),
        ({"Modality": "mg"}, "modality MG is out of scope"),
        ({"SOPClassUID": DX_FOR_PROCESSING}, "the image is FOR PROCESSING"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "the image is FOR PROCESSING"),
        ({"PhotometricInterpretation": ""}, "PhotometricInterpretation is absent"),
        ({"PhotometricInterpretation": "RGB"}, "photometric interpretation RGB is not grey"),
        ({"NumberOfFrames": 12}, "the image has 12 frames"),
        ({"ImageType": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "the image is a localiser"),
        ({"SeriesDescription": "Scout"}, "the image is a localiser"),
        ({"BurnedInAnnotation": "YES"}, "text is burned into the image"),
        (
            {"ImageType": ("DERIVED", "SECONDARY"), "SeriesDescription": "BoneView Result"},
            "the image is a result page of analysis software",
        ),
        (
            {"ImageType": ("DERIVED", "PRIMARY"), "Manufacturer": "Gleamer"},
            "the image is a result page of analysis software",
        ),
        (
            {"ImageType": ("DERIVED", "SECONDARY"), "processing_device_uids": ("1.2.3",)},
            "the image was made by processing equipment",
        ),
    ],
)
def test_what_is_no_radiograph_is_excluded_and_says_why(attributes, reason):
    decision = decide(BodyPartExamined="WRIST", **attributes)
    assert decision.state is InstanceState.EXCLUDED
    assert decision.reason.startswith(reason)
    assert decision.region is Region.WRIST  # the list still shows which part it is


def test_body_part_out_of_scope_wins_over_a_description():
    assert excluded(BodyPartExamined="KNEE", StudyDescription="hand") == (
        "body part KNEE is out of scope"
    )


@pytest.mark.parametrize("vague", ["", "EXTREMITY", "ARM", "UNKNOWN", "HEAD", "XXYYZZ"])
def test_a_body_part_that_says_nothing_falls_back(vague):
    assert in_scope(BodyPartExamined=vague, anatomic_regions=(SCT_HAND,)) is Region.HAND
    assert in_scope(BodyPartExamined=vague, SeriesDescription="Elbow AP") is Region.ELBOW
    assert in_scope(BodyPartExamined=vague, ProtocolName="Schulter") is Region.SHOULDER
    assert in_scope(BodyPartExamined=vague, requested_procedures=("XR thumb",)) is Region.FINGER
    assert in_scope(BodyPartExamined=vague, StudyDescription="Unterarm") is Region.FOREARM


def test_the_image_is_asked_before_the_order():
    study = {"requested_procedures": ("XR hand",), "StudyDescription": "Hand and elbow"}
    assert in_scope(SeriesDescription="Elbow lat", **study) is Region.ELBOW


def test_nothing_named():
    assert excluded() == (
        "no body part recognised: BodyPartExamined is absent and no description names one"
    )
    assert excluded(BodyPartExamined="EXTREMITY") == (
        "body part EXTREMITY does not name one of the seven regions, nor does a description"
    )


def test_a_description_of_a_part_out_of_scope():
    description = "Non-ossifying fibroma of distal tibia"
    assert excluded(StudyDescription=description) == (
        "the study description names tibia, which is out of scope"
    )
    assert excluded(BodyPartExamined="EXTREMITY", StudyDescription=description) == (
        "body part EXTREMITY does not name one of the seven regions and "
        "the study description names tibia, which is out of scope"
    )


def test_two_regions_the_first_named_stands_unless_another_place_chooses():
    assert in_scope(StudyDescription="hand/wrist") is Region.HAND
    assert in_scope(StudyDescription="wrist & hand") is Region.WRIST
    assert in_scope(BodyPartExamined="HAND_WRIST", SeriesDescription="wrist") is Region.WRIST
    assert in_scope(BodyPartExamined="HAND_WRIST", StudyDescription="shoulder") is Region.HAND
    three = {"BodyPartExamined": "ELBOW HAND WRIST", "SeriesDescription": "wrist or hand"}
    assert in_scope(**three) is Region.WRIST


def test_a_finger_of_a_hand_is_a_finger():
    assert in_scope(StudyDescription="Hand, 2. Finger") is Region.FINGER


def test_between_a_hand_and_a_foot_nothing_is_assumed():
    assert excluded(StudyDescription="mani e piedi") == (
        "the study description names mani and piedi: which is shown is not said"
    )
    both = {"SeriesDescription": "hand/foot"}
    assert in_scope(StudyDescription="hand", **both) is Region.HAND
    assert "names foot, which is out of scope" in excluded(StudyDescription="foot", **both)


def test_a_region_against_the_image_s_own_description_is_a_contradiction():
    assert excluded(BodyPartExamined="HAND", ProtocolName="Knee AP") == (
        "body part HAND contradicts the protocol name, which names knee"
    )
    assert excluded(anatomic_regions=(SCT_HAND,), SeriesDescription="Foot") == (
        "anatomic region (hand) contradicts the series description, which names foot"
    )
    # The order may speak of more than this image.
    assert in_scope(BodyPartExamined="HAND", StudyDescription="Knee") is Region.HAND
    assert in_scope(BodyPartExamined="HAND", SeriesDescription="hand+foot") is Region.HAND


def test_the_site_s_own_words_come_first_and_the_longest_of_them():
    site = {"EXTREMITY": Region.HAND, "extremity upper": Region.WRIST, "RÖ 7": Region.ELBOW}
    leg = {"BodyPartExamined": "EXTREMITY", "StudyDescription": "distal tibia"}
    assert in_scope(site=site, **leg) is Region.HAND
    assert in_scope(site=site, BodyPartExamined="EXTREMITY UPPER") is Region.WRIST
    assert in_scope(site=site, StudyDescription="ro7", BodyPartExamined="KNEE") is Region.ELBOW
    local = CodedConcept(CodeValue="1", CodingSchemeDesignator="L", CodeMeaning="Rö 7 li")
    assert in_scope(site=site, anatomic_regions=(local,)) is Region.ELBOW
    assert in_scope(site=site, requested_procedures=("Rö 7",)) is Region.ELBOW
    assert in_scope(site=site, BodyPartExamined="HAND") is Region.HAND


def test_a_site_word_without_letters_is_refused():
    with pytest.raises(ValueError, match="holds no word"):
        ScopeRule(builtin_vocabulary(), {"--": Region.HAND})


@pytest.mark.parametrize(
    ("attributes", "how"),
    [
        ({"BodyPartExamined": "WRIST"}, "body part WRIST"),
        ({"StudyDescription": "XR wrist"}, "study description (wrist)"),
        ({"ProtocolName": "Site X"}, "the site's word 'site x' in the protocol name"),
    ],
)
def test_how_the_region_was_recognised(attributes, how):
    rule = ScopeRule(builtin_vocabulary(), {"site x": Region.WRIST})
    header = make_header(**({"StudyDescription": "", "BodyPartExamined": ""} | attributes))
    assert rule.recognise(header).how == how
    assert rule.recognise(header).region is Region.WRIST


words = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["HAND", "KNEE", "EXTREMITY", "wrist/hand", "hand & foot", "Schulter", ""]),
)


@given(
    st.builds(
        InstanceHeader,
        SOPClassUID=st.sampled_from([CR, DX_FOR_PROCESSING, SECONDARY_CAPTURE, "", "x"]),
        SOPInstanceUID=st.just("1.2"),
        StudyInstanceUID=st.just("1.3"),
        SeriesInstanceUID=st.just("1.4"),
        TransferSyntaxUID=st.just("1.2.840.10008.1.2"),
        Modality=st.sampled_from(["CR", "", "MG"]),
        BodyPartExamined=words,
        SeriesDescription=words,
        ProtocolName=words,
        StudyDescription=words,
        requested_procedures=st.lists(words, max_size=2).map(tuple),
        PhotometricInterpretation=st.sampled_from(["MONOCHROME2", "RGB", ""]),
        NumberOfFrames=st.integers(0, 3),
    )
)
def test_every_header_gets_a_decision_and_the_same_one_again(header):
    rule = ScopeRule(builtin_vocabulary(), {"extremity": Region.HAND})
    decision = rule.decide(header)
    assert rule.decide(header) == decision
    assert "\n" not in decision.reason
    assert len(decision.reason) < 250
