"""The scope rule: which instances are triaged."""

from collections.abc import Mapping

from triage_agent.assemble.objects import why_not_a_radiograph
from triage_agent.assemble.recognition import Recognition, recognise
from triage_agent.assemble.vocabulary import Vocabulary
from triage_agent.assemble.words import words_of
from triage_agent.domain.instance import InstanceHeader, InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision


class ScopeRule:
    """Decides from headers alone; the same header always gets the same decision."""

    def __init__(self, region_words: Vocabulary, site_words: Mapping[str, Region]) -> None:
        """Take the vocabulary and the site's own words, which are asked first.

        Raises ValueError if an entry of the site holds no word.
        """
        self._region_words = region_words
        self._site_words = {words_of(phrase): region for phrase, region in site_words.items()}
        if () in self._site_words:
            raise ValueError("an entry in assemble.regions holds no word")

    def decide(self, header: InstanceHeader) -> ScopeDecision:
        """Return RECEIVED with the region, or EXCLUDED with the reason in plain words.

        An excluded instance keeps its region where one is recognised, for the list to show.
        """
        recognition = self.recognise(header)
        reason = why_not_a_radiograph(header)
        if not reason and recognition.region is None:
            reason = recognition.how
        state = InstanceState.EXCLUDED if reason else InstanceState.RECEIVED
        return ScopeDecision(state=state, region=recognition.region, reason=reason)

    def recognise(self, header: InstanceHeader) -> Recognition:
        """Return the region that a header names, and by which of its attributes."""
        return recognise(header, self._region_words, self._site_words)
