"""Which of the seven regions an image shows, from the many places where a header may say so.

The places are asked in this order; the first that names exactly one part decides:

1. the site's own words, in any of the places below;
2. BodyPartExamined, where KNEE or CHEST decides against the image whatever a description says,
   while EXTREMITY, ARM, UNKNOWN or an unchanged HEAD says nothing;
3. AnatomicRegionSequence, by code, an unknown code by its meaning;
4. SeriesDescription and ProtocolName, which speak of this image;
5. the requested procedure and StudyDescription, which speak of the whole study.

A place that names several parts ("hand/wrist") leaves the choice among them to the places after
it. If none chooses, the part named first stands, but only if all are in scope: between a hand and
a foot nothing is assumed. A finger named together with a hand is a finger. A region from 2 or 3
does not stand against a series or protocol that names only parts out of scope.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage_agent.assemble.vocabulary import BodyPart, Mention, Vocabulary
from triage_agent.assemble.words import words_of
from triage_agent.domain.instance import InstanceHeader
from triage_agent.domain.region import Region

_MAXIMUM_CS_CHARACTERS = 16  # PS3.5 section 6.2


@dataclass(frozen=True, slots=True)
class Recognition:
    """The region, and in words how it was recognised or why it was not.

    The words quote the vocabulary and BodyPartExamined only, so they hold no patient data.
    """

    region: Region | None
    how: str


@dataclass(frozen=True, slots=True)
class _Place:
    label: str
    mentions: tuple[Mention, ...]
    quoted: str = ""  # BodyPartExamined as sent; descriptions are never quoted

    def says(self, mention: Mention) -> str:
        return f"{self.label} {self.quoted}" if self.quoted else f"{self.label} ({mention.words})"


def recognise(
    header: InstanceHeader, vocabulary: Vocabulary, site_words: Mapping[tuple[str, ...], Region]
) -> Recognition:
    """Apply the rules above; `site_words` are phrases as `words_of` gives them."""
    by_site = _by_site_words(header, site_words)
    if by_site is not None:
        return by_site
    device = [
        _Place(
            "body part",
            vocabulary.mentions(header.BodyPartExamined),
            _quotable(header.BodyPartExamined),
        ),
        _Place(
            "anatomic region",
            tuple(
                mention
                for concept in header.anatomic_regions
                for mention in vocabulary.coded(concept)
            ),
        ),
    ]
    image = [
        _Place("series description", vocabulary.mentions(header.SeriesDescription)),
        _Place("protocol name", vocabulary.mentions(header.ProtocolName)),
    ]
    order = [
        *(
            _Place("requested procedure", vocabulary.mentions(text))
            for text in header.requested_procedures
        ),
        _Place("study description", vocabulary.mentions(header.StudyDescription)),
    ]
    decided = _decide([*device, *image, *order])
    if decided is None:
        return Recognition(None, _nothing_named(device[0].quoted))
    place, mention = decided
    if mention is None:
        named = " and ".join(other.words for other in place.mentions)
        return Recognition(None, f"the {place.label} names {named}: which is shown is not said")
    if mention.part.region is None:
        return Recognition(None, _out_of_scope(place, mention, device[0].quoted))
    if place in device:
        for other in image:
            if other.mentions and all(found.part.region is None for found in other.mentions):
                return Recognition(
                    None,
                    f"{place.says(mention)} contradicts the {other.label}, which names "
                    f"{other.mentions[0].words}",
                )
    return Recognition(mention.part.region, place.says(mention))


def _decide(places: Sequence[_Place]) -> tuple[_Place, Mention | None] | None:
    """Return the place that decides and its mention; None where it leaves a choice that matters."""
    open_place: _Place | None = None
    for asked in places:
        mentions = asked.mentions
        if open_place is not None:
            candidates = {mention.part for mention in open_place.mentions}
            mentions = tuple(mention for mention in mentions if mention.part in candidates)
        mentions = _finger_before_hand(mentions)
        if len(mentions) == 1:
            return asked, mentions[0]
        if mentions:
            open_place = _Place(asked.label, mentions, asked.quoted)
    if open_place is None:
        return None
    if any(mention.part.region is None for mention in open_place.mentions):
        return open_place, None
    return open_place, open_place.mentions[0]


def _finger_before_hand(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    if any(mention.part == _FINGER for mention in mentions):
        return tuple(mention for mention in mentions if mention.part != _HAND)
    return mentions


_FINGER = BodyPart("FINGER", Region.FINGER)
_HAND = BodyPart("HAND", Region.HAND)


def _by_site_words(
    header: InstanceHeader, site_words: Mapping[tuple[str, ...], Region]
) -> Recognition | None:
    longest_first = sorted(site_words, key=len, reverse=True)
    for label, text in _texts(header):
        words = words_of(text)
        for phrase in longest_first:
            starts = range(len(words) - len(phrase) + 1)
            if any(words[start : start + len(phrase)] == phrase for start in starts):
                return Recognition(
                    site_words[phrase], f"the site's word '{' '.join(phrase)}' in the {label}"
                )
    return None


def _texts(header: InstanceHeader) -> Iterator[tuple[str, str]]:
    yield "body part", header.BodyPartExamined
    for concept in header.anatomic_regions:
        yield "anatomic region", concept.CodeMeaning
    yield "series description", header.SeriesDescription
    yield "protocol name", header.ProtocolName
    for text in header.requested_procedures:
        yield "requested procedure", text
    yield "study description", header.StudyDescription


def _quotable(BodyPartExamined: str) -> str:
    kept = "".join(
        letter for letter in BodyPartExamined if letter.isalnum() or letter in " _-/&+.,"
    )
    return kept[:_MAXIMUM_CS_CHARACTERS].strip()


def _nothing_named(quoted: str) -> str:
    if quoted:
        return f"body part {quoted} does not name one of the seven regions, nor does a description"
    return "no body part recognised: BodyPartExamined is absent and no description names one"


def _out_of_scope(place: _Place, mention: Mention, quoted: str) -> str:
    if place.quoted:
        return f"body part {place.quoted} is out of scope"
    named = f"the {place.label} names {mention.words}, which is out of scope"
    if quoted:
        return f"body part {quoted} does not name one of the seven regions and {named}"
    return named
