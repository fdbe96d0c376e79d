"""Settings come from a file and from the environment, and say what is wrong with them."""

import pytest

from triage_agent.domain.region import Region
from triage_agent.errors import SettingsInvalid
from triage_agent.settings import HttpSettings, load_settings

DESTINATION = "[[destinations]]\nname='a'\nhost='h'\nport=1\nae_title='A'\n"


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Write a TOML file and name it in TRIAGE_CONFIG."""

    def write(text: str) -> None:
        path = tmp_path / "triage.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("TRIAGE_CONFIG", str(path))

    return write


def test_defaults_need_no_file(monkeypatch):
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    settings = load_settings()
    assert (settings.dicom.port, settings.dicom.ae_title) == (11112, "TRIAGE")
    assert settings.http.port == 8080
    assert settings.assemble.quiet_seconds == 10
    assert settings.database_url.endswith("/triage-data/triage.sqlite3")


def test_a_file_sets_destinations(configured):
    configured(
        """
        [assemble.regions]
        EXTREMITY = "WRIST"
        [[destinations]]
        name = "pacs"
        host = "pacs.example"
        port = 104
        ae_title = "ARCHIVE"
        objects = ["sr"]
        when = "abnormal"
        """
    )
    settings = load_settings()
    assert settings.assemble.regions == {"EXTREMITY": Region.WRIST}
    (destination,) = settings.destinations
    assert (destination.objects, destination.when) == (("sr",), "abnormal")


def test_the_environment_goes_over_the_file(configured, monkeypatch, tmp_path):
    configured("[dicom]\nport = 104\nae_title = 'FROM_FILE'\n")
    monkeypatch.setenv("TRIAGE_DICOM__PORT", "2762")
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRIAGE_ASSEMBLE__QUIET_SECONDS", "2.5")
    monkeypatch.setenv(
        "TRIAGE_DESTINATIONS", '[{"name": "a", "host": "h", "port": 1, "ae_title": "A"}]'
    )
    settings = load_settings()
    assert (settings.dicom.port, settings.dicom.ae_title) == (2762, "FROM_FILE")
    assert settings.data_dir == tmp_path
    assert settings.assemble.quiet_seconds == 2.5
    assert settings.destinations[0].name == "a"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[dicom]\nport = 70000", "dicom.port"),
        ("[dicom]\nae_title = 'LONGER_THAN_SIXTEEN'", "dicom.ae_title"),
        ("[dicom]\nprot = 104", "dicom.prot"),
        ("[dicom]\ntls_key = 'key.pem'", "go together"),
        (DESTINATION + "tls_key = 'key.pem'", "tls_certificate and tls_key need tls_ca"),
        (DESTINATION + "tls_certificate = 'node.pem'", "tls_certificate and tls_key need tls_ca"),
        (DESTINATION + "tls_ca = 'ca.pem'\ntls_key = 'key.pem'", "tls_key needs tls_certificate"),
        ("[http]\nhost = '0.0.0.0'", "0.0.0.0 is not loopback: give tls_certificate"),
        ("[http]\nhost = 'triage.example'", "triage.example is not loopback"),
        ("[http]\ntls_key = 'page.key'", "tls_certificate and tls_key go together"),
        ("[http]\nbehind_proxy = ['proxy']", "http: "),
        ("[http]\nnames = ['https://triage.example']", "http.names"),
        ("[http]\nnames = ['triage.example:8080']", "http.names"),
        ("[http]\nhost = '::'\nsign_in = 'none'", "loopback only"),
        ("[http]\nbehind_proxy = ['192.0.2.1']\nsign_in = 'none'", "not behind a proxy"),
        ("[http]\nbehind_proxy = ['192.0.2.1']", "names has to say"),
        (
            "[http]\nhost = '0.0.0.0'\ntls_certificate = 'a'\ntls_key = 'b'",
            "names has to say",
        ),
        ("[[prioritise.abnormal]]\nminimum_probability = 0.5\nminutes = 1", "minimum_probability"),
        ("[dicom\n", "cannot be read"),
    ],
)
def test_a_fault_is_named(configured, text, place):
    configured(text)
    with pytest.raises(SettingsInvalid, match=place.replace(".", r"\.")):
        load_settings()


def test_destinations_of_one_name_are_refused(configured):
    configured(DESTINATION + DESTINATION)
    with pytest.raises(SettingsInvalid, match="same name"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("TRIAGE_DATADIR", "TRIAGE_DATADIR .* is TRIAGE_DATA_DIR meant"),
        ("TRIAGE_DATA__DIR", "is TRIAGE_DATA_DIR meant"),
        ("TRIAGE_DICOMM__PORT", "is TRIAGE_DICOM__PORT meant"),
        ("TRIAGE_DICOM_PORT", "is TRIAGE_DICOM__PORT meant"),
        ("TRIAGE_HTTP_OIDC__ISSUER", "is TRIAGE_HTTP__OIDC__ISSUER meant"),
        ("triage_webhook", "triage_webhook .* is TRIAGE_WEBHOOKS meant"),
        ("TRIAGE_ZZZZZZZZZZZZZZZZ", "in the environment is no setting$"),
    ],
)
def test_a_variable_that_names_no_setting_is_refused(monkeypatch, variable, said):
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    load_settings()
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsInvalid, match=said):
        load_settings()


def test_a_variable_that_holds_a_secret_may_have_any_name(configured, monkeypatch):
    monkeypatch.setenv("TRIAGE_RIS_SECRET", "whsec_...")
    monkeypatch.setenv("TRIAGE_OIDC_SECRET", "...")
    with pytest.raises(SettingsInvalid, match="_SECRET in the environment"):
        load_settings()
    configured(
        """
        [http.oidc]
        issuer = "https://login.example"
        client_id = "triage"
        client_secret_variable = "TRIAGE_OIDC_SECRET"
        [[webhooks]]
        name = "ris"
        url = "https://ris.example/"
        secret_variable = "TRIAGE_RIS_SECRET"
        """
    )
    assert load_settings().webhooks[0].name == "ris"


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIAGE_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(SettingsInvalid, match=r"absent\.toml, which is not a file"):
        load_settings()


def test_a_database_password_is_not_shown(configured):
    configured("[database]\nurl = 'postgresql+psycopg://triage:secret@db/triage'")
    assert "secret" not in repr(load_settings())


@pytest.mark.parametrize(
    ("given", "is_secure"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "localhost", "sign_in": "none"}, False),
        ({"tls_certificate": "a", "tls_key": "b"}, True),
        (
            {"host": "::", "tls_certificate": "a", "tls_key": "b", "names": ["[2001:db8::1]"]},
            True,
        ),
        (
            {"host": "10.0.0.7", "behind_proxy": ["10.0.0.0/24", "::1"], "names": ["t.example"]},
            True,
        ),
    ],
)
def test_the_page_is_served_on_loopback_or_over_tls(given, is_secure):
    assert HttpSettings.model_validate(given).is_secure is is_secure
