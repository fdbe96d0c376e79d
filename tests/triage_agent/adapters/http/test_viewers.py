import pytest
from pydantic import ValidationError

from tests.factories import make_study
from triage_agent.adapters.http.viewers import ViewerLink, viewer_links
from triage_agent.viewer_settings import ViewerSettings

OHIF = "https://viewer.example/viewer?StudyInstanceUIDs={StudyInstanceUID}"


def viewer(url, name="Viewer"):
    return ViewerSettings(name=name, url=url)


def test_the_study_is_put_into_the_address():
    (link,) = viewer_links([viewer(OHIF, "OHIF")], make_study(StudyInstanceUID="1.2.3"))
    assert link == ViewerLink("OHIF", "https://viewer.example/viewer?StudyInstanceUIDs=1.2.3")


def test_what_was_received_cannot_change_the_address():
    study = make_study(AccessionNumber='a&b=c/../"><x #?%{PatientID}', PatientID="Ü 1")
    (link,) = viewer_links([viewer("weasis://?acc={AccessionNumber}&id={PatientID}")], study)
    query = link.address.removeprefix("weasis://?")
    assert query.startswith("acc=a%26b%3Dc%2F..%2F%22%3E%3Cx%20%23%3F%25%7BPatientID%7D&id=")
    assert query.endswith("&id=%C3%9C%201")


def test_a_study_without_the_value_gets_no_link():
    links = viewer_links(
        [viewer("https://pacs.example/{AccessionNumber}"), viewer(OHIF)],
        make_study(AccessionNumber=""),
    )
    assert [each.address.partition("?")[0] for each in links] == ["https://viewer.example/viewer"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert('{StudyInstanceUID}')",
        "data:text/html,{StudyInstanceUID}",
        "file:///x/{StudyInstanceUID}",
        "//viewer.example/{StudyInstanceUID}",
        "https://viewer.example/",
        "https://viewer.example/{PatientName}/{StudyInstanceUID}",
        "https://{AccessionNumber}.example/{StudyInstanceUID}",
        "https://{AccessionNumber}?x={StudyInstanceUID}",
        "https://viewer.example/ {StudyInstanceUID}",
        "https://viewer.example/\n{StudyInstanceUID}",
        "",
    ],
)
def test_an_address_that_is_refused(url):
    with pytest.raises(ValidationError):
        viewer(url)


@pytest.mark.parametrize(
    "url", [OHIF, "http://pacs:8080/{StudyInstanceUID}", "weasis://$dicom:rs?x={StudyInstanceUID}"]
)
def test_an_address_that_is_taken(url):
    assert viewer(url).url == url
