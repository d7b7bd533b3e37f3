"""Notices: what is said of failures and new impossible figures, over real sockets."""

import json
import socketserver
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import duckdb
import pytest

from dagster_project.defs.notices import (
    ATTEMPTS,
    MAIL_SERVER,
    MAIL_TO,
    WEBHOOK,
    Notice,
    Receivers,
    brought_by,
    new_flags,
    notices,
    published_by,
)
from dagster_project.defs.orphans import end_orphans
from dagster_project.defs.resources import Warehouse
from dagster_project.messages import say
from dagster_project.publish.publication import NotPublished
from dagster_project.publish.versions import publish
from dagster_project.settings import Settings

NOTICE = Notice("run_failed", "加载失败", "出了什么事", {"run_id": "r1"})


@contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Webhook(BaseHTTPRequestHandler):
    """Answers with the statuses of ``server.answers`` in turn, and keeps what it was told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def a_webhook(*answers):
    with serving(HTTPServer(("127.0.0.1", 0), Webhook)) as server:
        server.told, server.answers = [], list(answers)
        server.url = f"http://127.0.0.1:{server.server_port}/hook/secret-token"
        yield server


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client that has nothing to hide needs (RFC 5321, no extensions)."""

    def answer(self, line, say):
        """Whether a server that can do more has answered."""
        return False

    def handle(self):
        say = lambda text: self.wfile.write(text.encode() + b"\r\n")  # noqa: E731
        say("220 here")
        while line := self.rfile.readline():
            self.server.heard.append(line.strip().decode())
            if self.answer(line, say):
                continue
            match line[:4].upper():
                case b"DATA":
                    say("354 go on")
                    text = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        text.append(part)
                    self.server.mails.append(b"".join(text))
                    say("250 taken")
                case b"QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")


@contextmanager
def a_mail_server():
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)) as server:
        server.mails, server.heard = [], []
        server.address = f"127.0.0.1:{server.server_address[1]}"
        yield server


def test_a_notice_goes_to_webhook_and_mail():
    import email
    from email.policy import default

    with a_webhook() as hook, a_mail_server() as mail:
        receivers = Receivers(
            webhook=hook.url, mail_server=f"smtp://{mail.address}", mail_to="a@x.cn, b@y.cn"
        )
        assert receivers.send(NOTICE) == []
    (told,) = hook.told
    assert (told["event"], told["run_id"]) == ("run_failed", "r1")
    assert told["text"] == "加载失败\n出了什么事"
    (text,) = mail.mails
    message = email.message_from_bytes(text, policy=default)
    assert message["Subject"] == "加载失败"
    assert message.get_content().strip() == "出了什么事"
    assert {line for line in mail.heard if line.startswith("rcpt")} == {
        "rcpt TO:<a@x.cn>", "rcpt TO:<b@y.cn>"
    }  # fmt: skip


def test_a_receiver_that_stumbles_is_told_again():
    with a_webhook(503, 500) as hook:
        assert Receivers(webhook=hook.url, pause_seconds=0).send(NOTICE) == []
        assert len(hook.told) == ATTEMPTS == 3


def test_a_receiver_that_is_away_costs_a_sentence_without_its_token():
    with a_webhook() as hook:
        url = hook.url
    receivers = Receivers(webhook=url, mail_server="smtp://127.0.0.1:9", mail_to="a@x.cn",
                          pause_seconds=0)  # fmt: skip
    troubles = receivers.send(NOTICE)
    assert len(troubles) == 2 and "webhook at 127.0.0.1" in troubles[0]
    assert "secret-token" not in "".join(troubles)


def test_a_receiver_that_never_answers_is_left_alone():
    silent = threading.Event()

    class Silent(socketserver.BaseRequestHandler):
        def handle(self):
            silent.wait(10)

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent)) as server:
        server.daemon_threads = True
        receivers = Receivers(
            webhook=f"http://127.0.0.1:{server.server_address[1]}/",
            timeout_seconds=0.05,
            pause_seconds=0,
        )
        (trouble,) = receivers.send(NOTICE)
        silent.set()
    assert "TimeoutError" in trouble


@pytest.mark.parametrize("address", ["file:///etc/passwd", "nonsense"])
def test_an_address_that_is_none_is_not_tried_again(address):
    (trouble,) = Receivers(webhook=address, pause_seconds=60).send(NOTICE)
    assert "JUNHENG_WEBHOOK" in trouble


def test_a_password_is_never_sent_in_clear():
    with a_mail_server() as mail:
        receivers = Receivers(
            mail_server=f"smtp://me:hunter2@{mail.address}", mail_to="a@x.cn", pause_seconds=0
        )
        (trouble,) = receivers.send(NOTICE)
        assert "hunter2" not in trouble + "".join(mail.heard) and not mail.mails


@contextmanager
def a_secure_mail_server(folder, scheme, *, name="localhost"):
    """A mail server on loopback with a certificate that it signed itself, for ``name``."""
    certificate = folder / f"{name}.pem"
    certificate.write_bytes(self_signed(name))
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate)

    class Secure(Mail):
        def setup(self):
            if scheme == "smtps":
                self.request = secure.wrap_socket(self.request, server_side=True)
            super().setup()

        def answer(self, line, say):
            if line.upper().startswith(b"EHLO"):
                say("250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN")
            elif line.upper().startswith(b"STARTTLS"):
                say("220 go")
                self.request = secure.wrap_socket(self.request, server_side=True)
                super().setup()
            elif line.upper().startswith(b"AUTH"):
                say("235 ok")
            else:
                return False
            return True

    class Quiet(socketserver.ThreadingTCPServer):
        def handle_error(self, *_):  # the client hangs up on the certificate
            pass

    with serving(Quiet(("127.0.0.1", 0), Secure)) as server:
        server.mails, server.heard = [], []
        server.address = f"localhost:{server.server_address[1]}"
        server.certificate = certificate
        yield server


def self_signed(name: str) -> bytes:
    """Key and certificate for ``name``, as PEM."""
    x509 = pytest.importorskip("cryptography.x509", reason="the package 'cryptography' is missing")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return secret + certificate.public_bytes(pem)


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
@pytest.mark.parametrize(
    ("name", "is_trusted"), [("localhost", True), ("localhost", False), ("evil.example", True)]
)
def test_a_password_goes_to_a_server_with_a_good_certificate_only(
    tmp_path, monkeypatch, scheme, name, is_trusted
):
    """Good means: signed by somebody whom the machine trusts, and for the name asked for."""
    with a_secure_mail_server(tmp_path, scheme, name=name) as mail:
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(mail.certificate))
        address = f"{scheme}://bot:hunter2@{mail.address}"
        receivers = Receivers(mail_server=address, mail_to="a@x.cn", pause_seconds=0)
        troubles = receivers.send(NOTICE)
        told = any("AUTH" in line.upper() for line in mail.heard)
    if is_trusted and name == "localhost":
        assert (troubles, told, len(mail.mails)) == ([], True, 1)
    else:
        assert not told and not mail.mails
        assert "SSLCertVerificationError" in troubles[0] and "hunter2" not in troubles[0]


# ------------------------------------------------------------------------------ when and what


def failed_run(instance, error):
    @dg.op
    def step():
        raise error

    @dg.job(tags={"dagster/partition": "2023", "junheng/started_by": "schedule"})
    def yearly_load():
        step()

    result = yearly_load.execute_in_process(instance=instance, raise_on_error=False)
    (event,) = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return result.dagster_run, event.dagster_event


def sensor_named(name, warehouse=None):
    sensors = {sensor.name: sensor for sensor in notices(warehouse or Warehouse())}
    return sensors[name]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotPublished("第 3 行有错"), "第 3 行有错"),
        (RuntimeError("身份证 640221199001011234"), "RuntimeError"),
    ],
)
def test_a_failed_run_is_told_of_without_quoting_files(monkeypatch, error, said):
    sensor = sensor_named("tell_of_failed_runs")
    with dg.DagsterInstance.ephemeral() as instance, a_webhook() as hook:
        monkeypatch.setenv(WEBHOOK, hook.url)
        run, event = failed_run(instance, error)
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_instance=instance,
            dagster_run=run,
            dagster_event=event,
        ).for_run_failure()
        sensor(context)
    (told,) = hook.told
    assert (told["job"], told["partition"], told["started_by"]) == (
        "yearly_load", "2023", "schedule"
    )  # fmt: skip
    assert said in told["text"] and "640221199001011234" not in json.dumps(told)


_WORKER = """
import sys, time
import dagster as dg

@dg.op(out={})
def step():
    if len(sys.argv) > 1:
        facts = {"publish_id": sys.argv[1]}
        yield dg.AssetMaterialization("published_warehouse", metadata=facts)
    print("at work", flush=True)
    time.sleep(60)

@dg.job(tags={"dagster/partition": "2023", "junheng/started_by": "sensor"})
def yearly_load():
    step()

with dg.DagsterInstance.get() as instance:
    yearly_load.execute_in_process(instance=instance)
"""


@pytest.mark.parametrize("published", [[], ["v7"]])
def test_a_run_whose_process_died_is_told_of(tmp_path, monkeypatch, published):
    """kill -9 of a real worker; its run is ended as the daemon and the services end it.

    What it had published before is in force, and is not said to be missing.
    """
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, *published],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdout.readline() == b"at work\n"
    worker.kill()
    worker.wait()
    sensor = sensor_named("tell_of_failed_runs")
    with dg.DagsterInstance.get() as instance, a_webhook() as hook:
        monkeypatch.setenv(WEBHOOK, hook.url)
        (run_id,) = end_orphans(instance, Settings(tmp_path / "raw", tmp_path / "warehouse"))
        (event,) = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_instance=instance,
            dagster_run=instance.get_run_by_id(run_id),
            dagster_event=event.dagster_event,
        )
        sensor(context.for_run_failure())
    (told,) = hook.told
    assert (told["job"], told["partition"], told["started_by"]) == ("yearly_load", "2023", "sensor")
    assert told["faults"] == [say("runs.notice_died")]
    assert ("published nothing new" in told["text"]) == (not published)
    assert ("published version v7" in told["text"]) == bool(published)


def version(settings, publish_id, *flags):
    """Publish a version whose flags are ``(flag id, severity, status)``."""
    built = settings.warehouse / "built"
    (built / "published").mkdir(parents=True)
    with duckdb.connect(str(built / "junheng.duckdb")) as connection:
        connection.execute(
            "create schema quality; create table quality.flag (flag_id varchar, rule_id varchar,"
            " severity varchar, status varchar, school_year int, county_code varchar)"
        )
        for flag_id, severity, status in flags:
            connection.execute(
                "insert into quality.flag values (?, 'record.girls', ?, ?, 2023, '640221')",
                [flag_id, severity, status],
            )
    return publish(settings, built, publish_id)


@pytest.fixture
def published_twice(tmp_path):
    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")
    version(settings, "1", ("old", "hard", "open"), ("back", "hard", "corrected"))
    version(
        settings,
        "2",
        *[("old", "hard", "open"), ("back", "hard", "open"), ("new", "hard", "open")],
        *[("soft", "soft", "open"), ("waived", "hard", "waived")],
    )
    return settings


def test_new_is_what_was_not_open_before(published_twice):
    assert [flag.flag_id for flag in brought_by(published_twice, "2")] == ["back", "new"]
    assert [flag.flag_id for flag in brought_by(published_twice, "1")] == ["old"]
    assert brought_by(published_twice, "3") == []


def test_new_impossible_figures_are_told_of(monkeypatch, published_twice):
    @dg.asset(name="published_warehouse")
    def publishing():
        return dg.MaterializeResult(metadata={"publish_id": "2"})

    warehouse = Warehouse(raw=str(published_twice.raw), warehouse=str(published_twice.warehouse))
    sensor = sensor_named("tell_of_new_hard_flags", warehouse)
    with dg.DagsterInstance.ephemeral() as instance, a_webhook() as hook:
        monkeypatch.setenv(WEBHOOK, hook.url)
        result = dg.materialize([publishing], instance=instance)
        assert published_by(instance, result.run_id) == "2"
        (event,) = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.RUN_SUCCESS)
        sensor(
            dg.build_run_status_sensor_context(
                sensor_name=sensor.name,
                dagster_instance=instance,
                dagster_run=result.dagster_run,
                dagster_event=event.dagster_event,
            )
        )
    (told,) = hook.told
    assert (told["new_hard_flags"], told["by_rule"]) == (2, {"record.girls": 2})
    assert told["counties"] == ["640221"]


def test_the_sensors_run_where_somebody_is_to_be_told(monkeypatch):
    monkeypatch.setenv(MAIL_SERVER, "smtp://localhost")
    assert {sensor.default_status.value for sensor in notices(Warehouse())} == {"STOPPED"}
    monkeypatch.setenv(MAIL_TO, "a@x.cn")
    assert {sensor.default_status.value for sensor in notices(Warehouse())} == {"RUNNING"}


def test_a_long_list_is_cut():
    from dagster_project.publish.news import HardFlag

    flags = [HardFlag(str(n), f"rule.{n:02}", 2023, f"{n:06}") for n in range(50)]
    run = dg.DagsterRun(job_name="yearly_load", run_id="0123456789")
    told = new_flags(run, "v", flags)
    assert told.facts["new_hard_flags"] == 50 and len(told.facts["by_rule"]) == 20
