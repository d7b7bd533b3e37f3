"""Telling people who do not look: a failed run, and new impossible figures.

Dagster's run status sensors decide when; this module says what, by webhook (JSON by POST), by
e-mail, or both. Receivers come from the environment, so that no address and no password stands in a
file; without one nothing is sent. A receiver that is away costs a few seconds and a warning, never
a run. Messages hold counts, codes and rule ids: what a figure was, and of whom, stays at home.
"""

from __future__ import annotations

import http.client
import json
import os
import smtplib
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from urllib.parse import unquote, urlsplit

import dagster as dg
from dagster._core.events import JobFailureData
from dagster._utils.error import SerializableErrorInfo

from dagster_project.defs.accounts import sentence_of
from dagster_project.defs.described import told
from dagster_project.defs.jobs import jobs
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import STARTED_BY
from dagster_project.machine.secret_address import taken_apart
from dagster_project.messages import Message, say
from dagster_project.publish.news import HardFlag, by_rule, new_hard_flags
from dagster_project.publish.versions import versions
from dagster_project.settings import Settings

WEBHOOK, MAIL_SERVER = "JUNHENG_WEBHOOK", "JUNHENG_MAIL_SERVER"
MAIL_TO, MAIL_FROM = "JUNHENG_MAIL_TO", "JUNHENG_MAIL_FROM"
_SCHEMES = {WEBHOOK: ("https", "http"), MAIL_SERVER: ("smtp", "smtps")}

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 3
PAUSE_SECONDS = 2.0
MOST_NAMED = 20


@dataclass(frozen=True)
class Notice:
    """One message: ``event`` is run_failed or new_hard_flags, ``facts`` the same for programs."""

    event: str
    subject: str
    text: str
    facts: Mapping[str, object]


class Receivers(dg.ConfigurableResource):
    """Where notices go. Empty values mean nowhere.

    ``mail_server`` is ``smtp://host:25``, ``smtp://user:password@host:587`` (STARTTLS, since a
    password never travels in clear) or ``smtps://user:password@host:465``. Both check the server's
    certificate; an authority of one's own is named by ``SSL_CERT_FILE``. ``mail_to`` takes several
    addresses between commas.
    """

    webhook: str = ""
    mail_server: str = ""
    mail_to: str = ""
    mail_from: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS
    pause_seconds: float = PAUSE_SECONDS

    @classmethod
    def from_environment(cls) -> Receivers:
        """Read when a notice is sent, so that definitions never hold a password."""
        get = os.environ.get
        return cls(
            webhook=get(WEBHOOK, ""),
            mail_server=get(MAIL_SERVER, ""),
            mail_to=get(MAIL_TO, ""),
            mail_from=get(MAIL_FROM, ""),
        )

    @property
    def is_none(self) -> bool:
        return not self.webhook and not (self.mail_server and self.mail_to)

    def send(self, notice: Notice) -> list[str]:
        """Send to every receiver; returns a sentence for each that could not be reached."""
        troubles = []
        for what, variable, address, way in self._ways():
            try:
                host = taken_apart(variable, address, _SCHEMES[variable]).hostname
            except ValueError as error:
                troubles.append(say("runs.notice_not_sent", event=notice.event, why=error))
                continue
            if trouble := self._tried(way, notice):
                told = {"what": Message(what), "host": host, "event": notice.event}
                troubles.append(say("runs.notice_not_taken", **told, why=trouble))
        return troubles

    def faults(self) -> list[str]:
        """A sentence for each address that cannot be used."""
        found = []
        for variable, address in ((WEBHOOK, self.webhook), (MAIL_SERVER, self.mail_server)):
            try:
                if address:
                    taken_apart(variable, address, _SCHEMES[variable])
            except ValueError as error:
                found.append(str(error))
        return found

    def _ways(self) -> Iterator[tuple[str, str, str, Callable[[Notice], None]]]:
        """What takes notices, by which variable, at which address, and how it is told."""
        if self.webhook:
            yield "runs.webhook_at", WEBHOOK, self.webhook, self._post
        if self.mail_server and self.mail_to:
            yield "runs.mail_server", MAIL_SERVER, self.mail_server, self._mail

    def _tried(self, way: Callable[[Notice], None], notice: Notice) -> str | None:
        trouble = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause_seconds * attempt)
            try:
                way(notice)
                return None
            except ValueError as error:  # no such address: trying again cures nothing
                return say("runs.check_notice_variables", kind=type(error).__name__)
            except (OSError, http.client.HTTPException) as error:
                # Only the kind: the text may repeat an address with a token in it.
                kind, tried = type(error).__name__, attempt + 1
                trouble = say("runs.after_attempts", kind=kind, attempts=tried)
        return trouble

    def _post(self, notice: Notice) -> None:
        body = {"event": notice.event, "text": f"{notice.subject}\n{notice.text}", **notice.facts}
        request = urllib.request.Request(
            self.webhook,
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8", "User-Agent": "junheng"},
        )
        with urllib.request.urlopen(request, timeout=self.timeout_seconds) as answer:
            answer.read(1)

    def _mail(self, notice: Notice) -> None:
        server = urlsplit(self.mail_server)
        message = EmailMessage()
        message["Subject"] = notice.subject
        message["To"] = self.mail_to
        message["From"] = self.mail_from or server.username or f"junheng@{server.hostname}"
        message.set_content(notice.text)
        secure = ssl.create_default_context()  # asks for a certificate of that name, and checks it
        is_smtps = server.scheme == "smtps"
        kind = partial(smtplib.SMTP_SSL, context=secure) if is_smtps else smtplib.SMTP
        with kind(server.hostname or "", server.port or 0, timeout=self.timeout_seconds) as smtp:
            if server.username:
                if not is_smtps:
                    smtp.starttls(context=secure)
                smtp.login(unquote(server.username), unquote(server.password or ""))
            smtp.send_message(message)


def failure(run: dg.DagsterRun, faults: list[str], version: str | None = None) -> Notice:
    """What is said of a run that failed, perhaps after it had published ``version``."""
    partition = run.tags.get("dagster/partition", "")
    started_by = run.tags.get(STARTED_BY, "hand")
    return Notice(
        "run_failed",
        " ".join(say("runs.notice_failed", job=run.job_name, partition=partition).split()),
        say(
            "runs.notice_unfinished_text" if version else "runs.notice_failed_text",
            run=run.run_id[:8],
            started_by=started_by,
            version=version,
            faults="\n".join(f"- {f}" for f in faults),
        ),
        {
            "run_id": run.run_id,
            "job": run.job_name,
            "partition": partition or None,
            "started_by": started_by,
            "version": version,
            "faults": faults,
        },
    )


def new_flags(run: dg.DagsterRun, version: str, flags: list[HardFlag]) -> Notice:
    """What is said of the impossible figures that a publication brought."""
    rules = dict(list(by_rule(flags).items())[:MOST_NAMED])
    counties = sorted({flag.county_code for flag in flags if flag.county_code})
    return Notice(
        "new_hard_flags",
        say("runs.notice_flags", count=len(flags)),
        say(
            "runs.notice_flags_text",
            version=version,
            run=run.run_id[:8],
            rules="\n".join(f"- {rule}: {count}" for rule, count in rules.items()),
            counties=", ".join(counties[:MOST_NAMED]),
        ),
        {
            "run_id": run.run_id,
            "version": version,
            "new_hard_flags": len(flags),
            "by_rule": rules,
            "counties": counties[:MOST_NAMED],
        },
    )


def failure_of_run(event: dg.DagsterEvent) -> SerializableErrorInfo | None:
    """Why a run failed that has no step at fault: it failed before its first one.

    Of a run whose process died nobody knows more than that: its event has no data, or no error.
    """
    data = event.event_specific_data
    return data.error if isinstance(data, JobFailureData) else None


def published_by(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Publish id of the version that a run made; ``None`` if it made none."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    for entry in entries:
        made = entry.asset_materialization
        if made is not None and made.asset_key.path == ["published_warehouse"]:
            return told(made.metadata, "publish_id")
    return None


def brought_by(settings: Settings, publish_id: str) -> list[HardFlag]:
    """New open hard flags of a version, against the one published before it; both must be kept."""
    kept = versions(settings)
    ids = [version.publish_id for version in kept]
    if publish_id not in ids:
        return []
    place = ids.index(publish_id)
    before = kept[place - 1].folder if place else None
    return new_hard_flags(before, kept[place].folder)


def notices(warehouse: Warehouse) -> list[dg.SensorDefinition]:
    """The sensor of failed runs and the sensor of new impossible figures.

    They run where receivers are configured when the daemon starts; else the UI turns them on.
    """
    status = dg.DefaultSensorStatus
    default = status.STOPPED if Receivers.from_environment().is_none else status.RUNNING

    def send(context: dg.RunStatusSensorContext, notice: Notice) -> None:
        for trouble in Receivers.from_environment().send(notice):
            context.log.warning(trouble)

    @dg.run_failure_sensor(name="tell_of_failed_runs", default_status=default)
    def tell_of_failed_runs(context: dg.RunFailureSensorContext) -> None:
        """Sends a notice when a run of any job fails."""
        errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
        if not errors:
            errors = [failure_of_run(context.failure_event)]
        faults = [sentence_of(error) for error in errors if error is not None]
        run = context.dagster_run
        version = published_by(context.instance, run.run_id)
        send(context, failure(run, faults or [say("runs.notice_died")], version))

    @dg.run_status_sensor(
        name="tell_of_new_hard_flags",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[job for job in jobs() if job.name != "who_has_not_reported"],
        default_status=default,
    )
    def tell_of_new_hard_flags(context: dg.RunStatusSensorContext) -> None:
        """Sends a notice when a publication brings flags on impossible figures."""
        publish_id = published_by(context.instance, context.dagster_run.run_id)
        flags = brought_by(warehouse.settings, publish_id) if publish_id else []
        if publish_id and flags:
            send(context, new_flags(context.dagster_run, publish_id, flags))

    return [tell_of_failed_runs, tell_of_new_hard_flags]
