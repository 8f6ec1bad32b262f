"""Private CAs and client certificates, made for the test by OpenSSL."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import warnings
from pathlib import Path

import pytest
from histories import page

import jobtype_toolkit as jt

OPENSSL = shutil.which("openssl")
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the certificates of these tests are made by openssl")


def run(*arguments: str, folder: Path) -> None:
    subprocess.run([str(OPENSSL), *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def serving(listening):
    """Servers with a socket: this module is about connections."""
    return listening


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Path:
    """A folder with a CA, a server's and a client's certificate of it, and a CA that signed nothing."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("ca", "other-ca"):
        run("req", "-x509", *KEY, "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            folder=folder)  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        run("req", *KEY, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", folder=folder)  # fmt: skip
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", f"{name}.pem", folder=folder)  # fmt: skip
    both = (folder / "client.pem").read_text() + (folder / "client.key").read_text()
    (folder / "client-both.pem").write_text(both)
    return folder


@pytest.fixture
def secure(serving, papers):
    """Serve with TLS, to clients with a certificate only where that is wanted."""

    def start(*, wants_client: bool = False):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(papers / "server.pem", papers / "server.key")
        if wants_client:
            tls.verify_mode = ssl.CERT_REQUIRED
            tls.load_verify_locations(papers / "ca.pem")
        return serving(lambda _: page([]), tls=tls)

    return start


def test_a_certificate_that_nobody_known_signed_is_refused_at_once(secure, client, waits):
    server = secure()
    with pytest.raises(jt.ConnectionFailed, match=r"verify='ca\.pem'"):
        client(server).job_types()
    assert server.asked == []
    assert waits == []


@pytest.mark.parametrize("kind", [str, Path])
def test_a_private_ca_is_named_by_a_path(secure, client, papers, kind):
    assert len(client(secure(), verify=kind(papers / "ca.pem")).job_types()) == 0


def test_another_ca_does_not_do(secure, client, papers):
    with pytest.raises(jt.ConnectionFailed, match="certificate"):
        client(secure(), verify=papers / "other-ca.pem").job_types()


def test_a_ca_of_the_environment_is_honoured_and_one_that_is_given_wins(secure, client, papers, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(papers / "ca.pem"))
    assert len(client(secure()).job_types()) == 0
    with pytest.raises(jt.ConnectionFailed):
        client(secure(), verify=papers / "other-ca.pem").job_types()


def test_a_ca_of_the_environment_that_is_not_there_is_told(secure, client, papers, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(papers / "none.pem"))
    with pytest.raises(jt.ConnectionFailed, match=r"none\.pem"):
        client(secure()).job_types()


def test_without_verification_it_works_and_warns(secure, client):
    server = secure()
    with pytest.warns(UserWarning, match="not verified"):
        scale = client(server, verify=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # urllib3 says it once more
        assert len(scale.job_types()) == 0


def test_no_verification_stays_off_also_where_the_environment_names_a_ca(secure, client, papers, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(papers / "other-ca.pem"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(client(secure(), verify=False).job_types()) == 0


def test_a_client_certificate_is_one_file_or_two(secure, client, papers):
    server = secure(wants_client=True)
    ca = papers / "ca.pem"
    assert len(client(server, verify=ca, cert=str(papers / "client-both.pem")).job_types()) == 0
    two = (str(papers / "client.pem"), str(papers / "client.key"))
    assert len(client(server, verify=ca, cert=two).job_types()) == 0


def test_a_server_that_wants_a_client_certificate_is_told_of(secure, client, papers):
    server = secure(wants_client=True)
    with pytest.raises(jt.ConnectionFailed):
        client(server, verify=papers / "ca.pem").job_types()
    assert server.asked == []


def test_a_file_that_is_no_certificate_is_told(secure, client, papers):
    for name in ("verify", "cert"):
        settings = {"verify": papers / "ca.pem"} | {name: str(papers / "names")}
        with pytest.raises(jt.ConnectionFailed):
            client(secure(), **settings).job_types()


def test_a_server_without_tls_behind_an_https_address_is_told(serving, client):
    server = serving(lambda _: page([]))
    with pytest.raises(jt.ConnectionFailed):
        client(server.url.replace("http", "https")).job_types()
