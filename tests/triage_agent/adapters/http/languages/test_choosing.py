import pytest

from triage_agent.adapters.http.languages.choosing import accepted
from triage_agent.domain.preferences import Language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ENGLISH),
        ("de", Language.GERMAN),
        ("de-CH, de;q=0.9, en;q=0.8", Language.GERMAN),
        ("en-US,en;q=0.9,de;q=0.8", Language.ENGLISH),
        ("en;q=0.5, DE;q=0.7", Language.GERMAN),
        ("fr, de;q=0.3", Language.GERMAN),
        ("fr, *;q=0.1", Language.ENGLISH),
        ("de;q=0", Language.ENGLISH),
        ("de;q=none", Language.ENGLISH),
        ("de;level=1", Language.GERMAN),
        (";;,,=q", Language.ENGLISH),
    ],
)
def test_the_language_that_a_browser_prefers(header, language):
    assert accepted(header) is language
