import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.assemble.vocabulary import Vocabulary, builtin_vocabulary
from triage_agent.domain.instance import CodedConcept
from triage_agent.domain.region import Region

ELBOW, FINGER, FOREARM = Region.ELBOW, Region.FINGER, Region.FOREARM
HAND, HUMERUS, SHOULDER, WRIST = Region.HAND, Region.HUMERUS, Region.SHOULDER, Region.WRIST


def names(text):
    return [mention.part.name for mention in builtin_vocabulary().mentions(text)]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        # English, with what devices and departments make of it
        ("XR HAND 3 VIEWS LEFT", HAND),
        ("LEFT_WRIST", WRIST),
        ("XRAY RIGHT HAND", HAND),
        ("Wrist 2V PA/LAT", WRIST),
        ("Fore Arm AP", FOREARM),
        ("Radius/Ulna", FOREARM),
        ("distal radius fx", WRIST),
        ("Radial head view", ELBOW),
        ("AC joints weighted", SHOULDER),
        ("Scapular Y, scapula", SHOULDER),
        ("humeral head", SHOULDER),
        ("UPPER ARM", HUMERUS),
        ("Thumb", FINGER),
        ("2nd digit hand", FINGER),
        ("DIG 4", FINGER),
        ("Bone Age", HAND),
        ("Scaphoid views", WRIST),
        # German
        ("Handgelenk rechts in 2 Eb.", WRIST),
        ("Mittelhand", HAND),
        ("Unterarm li.", FOREARM),
        ("Oberarm re.", HUMERUS),
        ("Ellenbogengelenk", ELBOW),
        ("Schultergelenk a.p.", SHOULDER),
        ("Daumen", FINGER),
        ("Kahnbein Serie", WRIST),
        ("Dig. II re.", FINGER),
        # French
        ("RX MAIN DROITE", HAND),
        ("Radio de la main gauche", HAND),
        ("Poignet F+P", WRIST),
        ("avant-bras", FOREARM),
        ("Coude gauche", ELBOW),
        ("Humérus", HUMERUS),
        ("ÉPAULE", SHOULDER),
        ("3e doigt", FINGER),
        # Spanish
        ("Muñeca izquierda", WRIST),
        ("mano derecha", HAND),
        ("antebrazo", FOREARM),
        ("codo AP", ELBOW),
        ("Húmero", HUMERUS),
        ("hombro", SHOULDER),
        ("dedo de la mano", FINGER),
        # Italian
        ("polso sx", WRIST),
        ("mano dx", HAND),
        ("avambraccio", FOREARM),
        ("gomito", ELBOW),
        ("omero", HUMERUS),
        ("spalla", SHOULDER),
        ("dita della mano", FINGER),
        # Portuguese
        ("punho", WRIST),
        ("mão direita", HAND),
        ("antebraço", FOREARM),
        ("cotovelo", ELBOW),
        ("úmero", HUMERUS),
        ("ombro", SHOULDER),
        ("polegar", FINGER),
        # Dutch
        ("pols links", WRIST),
        ("onderarm", FOREARM),
        ("elleboog", ELBOW),
        ("bovenarm", HUMERUS),
        ("schouder", SHOULDER),
        ("duim", FINGER),
        # Swedish, Danish, Norwegian
        ("Handled v", WRIST),
        ("Håndledd", WRIST),
        ("underarm", FOREARM),
        ("armbåge", ELBOW),
        ("albue", ELBOW),
        ("överarm", HUMERUS),
        ("axelled", SHOULDER),
        ("skulder", SHOULDER),
        ("tumme", FINGER),
        # Finnish, Polish, Czech
        ("ranne", WRIST),
        ("olkavarsi", HUMERUS),
        ("nadgarstek", WRIST),
        ("łokieć", ELBOW),
        ("předloktí", FOREARM),
    ],
)
def test_a_region_is_recognised_in_many_languages(text, region):
    assert names(text) == [region.value]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("KNEE", "KNEE"),
        ("Kniegelenk", "KNEE"),
        ("genou", "KNEE"),
        ("CHEST PA", "CHEST"),
        ("dedo del pie", "TOE"),
        ("doigt de pied", "TOE"),
        ("Zehe", "TOE"),
        ("Dig. II Fuß", "FOOT"),
        ("distal tibia", "LEG"),
        ("lower extremity", "LEG"),
        ("Oberschenkel", "THIGH"),
        ("Clavicle", "CLAVICLE"),
        ("C-Spine", "SPINE"),
        ("Neck lat", "SPINE"),
        ("Fuß rechts", "FOOT"),
    ],
)
def test_parts_out_of_scope_are_named(text, part):
    assert names(text) == [part]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PA",
        "EXTREMITY",
        "ARM",
        "UPPER EXTREMITY",
        "UNKNOWN",
        "HEAD",
        "handling of cassettes",
        "left-handed",
        "Arme",
        "Main entrance",
        "Main Building Xray",
        "hand held device",
        "forearmed",
        "shouldered",
        "images handled by night shift",
        "elle a mal",
        "has been repeated",
        "secondhand",
        "Handy",
        "Underarmour",
        "wristwatch artefact",
        "fingerprint",
    ],
)
def test_parts_of_words_and_vague_words_name_nothing(text):
    assert names(text) == []


def test_a_compound_is_not_the_part_it_contains():
    assert names("Unterarm") == names("underarm") == ["FOREARM"]
    assert names("Handgelenk") == ["WRIST"]
    assert names("Oberarm") == ["HUMERUS"]


def test_several_parts_come_in_the_order_of_the_text_and_once():
    assert names("wrist/hand, wrist oblique") == ["WRIST", "HAND"]


@given(st.sampled_from(["hand", "wrist", "elbow", "knee"]), st.text("abcdefghij", min_size=1))
def test_letters_glued_to_a_word_take_its_meaning_away(word, more):
    glued = word + more
    if names(glued):  # only if the vocabulary holds that very word
        assert builtin_vocabulary().mentions(glued)[0].words == glued


@pytest.mark.parametrize(
    ("scheme", "value", "meaning", "part"),
    [
        ("SRT", "T-D8700", "", "HAND"),
        ("SNM3", "T-D8600", "", "WRIST"),
        ("99SDM", "T-15430", "", "ELBOW"),
        ("SRT", "T-15710", "", "HIP"),
        ("SCT", "14975008", "", "FOREARM"),
        ("SCT", "40983000", "", "HUMERUS"),
        ("SCT", "16982005", "", "SHOULDER"),
        ("SCT", "76505004", "", "FINGER"),
        ("SCT", "72696002", "", "KNEE"),
        ("L", "X17", "Wrist left", "WRIST"),
        ("SCT", "999", "Hand", "HAND"),
    ],
)
def test_codes_name_parts_and_unknown_ones_are_read_by_meaning(scheme, value, meaning, part):
    concept = CodedConcept(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)
    assert [mention.part.name for mention in builtin_vocabulary().coded(concept)] == [part]


def test_a_code_means_nothing_under_another_scheme():
    concept = CodedConcept(CodeValue="14975008", CodingSchemeDesignator="L")
    assert builtin_vocabulary().coded(concept) == ()


DOCUMENT = {
    "neutral": ["left"],
    "phrases_without_meaning": ["hand held"],
    "regions": {"HAND": {"words": ["hand"], "codes": ["SCT 1"]}},
    "out_of_scope": {"KNEE": {"words": ["knee"]}},
}


@pytest.mark.parametrize(
    ("knee", "message"),
    [
        ({"words": ["Hand"]}, "'Hand' stands for two body parts"),
        ({"words": ["--"]}, "'--' holds no word"),
        ({"alone": ["?"]}, "holds no word"),
        ({"words": ["knee"], "codes": ["SCT 1"]}, "code 'SCT 1' stands for two body parts"),
    ],
)
def test_a_faulty_vocabulary_is_refused(knee, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(DOCUMENT | {"out_of_scope": {"KNEE": knee}})


def test_every_region_has_words_and_codes():
    vocabulary = builtin_vocabulary()
    for region in Region:
        assert names(region.value) == [region.value]
        assert region in {part.region for part in vocabulary._codes.values()}
