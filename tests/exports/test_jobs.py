"""Packs that are asked for on the page: made in turn, fetched by their owner alone, swept after a day."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from isms import runner
from isms.audits import rules as audits
from isms.core.permissions import CONSOLE, Role
from isms.exports import jobs, pack
from isms.exports.models import ExportJob
from isms.people import accounts
from isms.trail.models import TrailEntry
from tests import factories
from tests.browserlike import Browserlike
from tests.evidence.proofs import harm
from tests.exports.stories import Story, sums_hold, verified
from tests.status.standings import NOW, TODAY, at_noon, auditor, enter

SetClock = Callable[[datetime], None]
ASKED: dict[str, Any] = {"first": "R8.4.1", "last": "令和8年11月28日"}


@pytest.fixture
def story(house: Flask) -> Iterator[Story]:
    with at_noon() as set_clock:
        story = Story()
        story.set_clock = set_clock  # type: ignore[attr-defined]
        yield story


@pytest.fixture
def officer(house: Flask, story: Story) -> Browserlike:
    return enter(house, story.officer)


def asked(browser: Browserlike) -> str:
    """Ask for a pack on the page; gives the address of its page."""
    return browser.get("/exports").submit("/exports/pack", ASKED, status=303).location


def newest() -> ExportJob:
    return ExportJob.select().order_by(ExportJob.id.desc()).get()


def test_a_pack_is_asked_for_made_and_fetched(officer: Browserlike, tmp_path: Path) -> None:
    address = asked(officer)
    entry = TrailEntry.select().order_by(TrailEntry.no.desc()).get()
    assert (entry.verb, json.loads(entry.details)["from"]) == ("export.asked", "2026-04-01")
    waiting = officer.get(address)
    assert "順番を待っています" in waiting.text
    assert waiting.response.headers["Refresh"] == "2"
    jobs.work(NOW)
    done = officer.get(address)
    assert "Refresh" not in done.response.headers
    fetched = officer.get(f"{address}/file")
    assert "attachment" in fetched.response.headers["Content-Disposition"]
    assert "audit-pack-2026-04-01-2026-11-28.zip" in fetched.response.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(fetched.body)) as archive:
        archive.extractall(tmp_path)
    assert sums_hold(tmp_path).returncode == 0
    assert verified(tmp_path).returncode == 0
    assert "audit-pack-2026-04-01" in officer.get("/exports").text


def test_how_far_it_is_shows_without_script(officer: Browserlike) -> None:
    address = asked(officer)
    job = newest()
    ExportJob.update(state="working").where(ExportJob.id == job.id).execute()
    (jobs.folder() / f"{job.id}.progress").write_text("30 120")
    page = officer.get(address)
    assert b'max="120" value="30"' in page.body
    assert page.response.headers["Refresh"] == "2"


def test_attack_1_only_who_asked_sees_and_fetches_it(house: Flask, officer: Browserlike) -> None:
    address = asked(officer)
    jobs.work(NOW)
    other = factories.signed_in(house, Role.OFFICER)
    for path in (address, f"{address}/file"):
        assert other.get(path, status=None).status == other.get("/exports/packs/99999", status=None).status == 404
    assert "audit-pack" not in other.get("/exports").text


def test_attack_2_the_permission_is_asked_again_at_the_fetch(house: Flask, story: Story) -> None:
    who, engagement = auditor("A.5.1")
    browser = enter(house, who)
    address = asked(browser)
    jobs.work(NOW)
    assert browser.get(f"{address}/file").status == 200
    values: dict[str, Any] = {"title": "架空", "scope": ["A.5.2"], "from_day": TODAY, "to_day": TODAY}
    audits.change_engagement(engagement.id, **values, by=CONSOLE, now=NOW)
    assert browser.get(f"{address}/file", status=None).status == 409
    audits.revoke(engagement.id, by=CONSOLE, now=NOW)
    assert browser.get(f"{address}/file", status=None).status == 409
    assert "閲覧できる委嘱がありません" in browser.get("/exports").text
    assert browser.get("/exports/status?day=2026-11-28&known=then&format=json", status=None).status == 403


def test_a_pack_is_made_of_what_may_be_seen_when_its_turn_comes(house: Flask, story: Story) -> None:
    who, engagement = auditor("A.5.1")
    asked(enter(house, who))
    audits.revoke(engagement.id, by=CONSOLE, now=NOW)
    jobs.work(NOW)
    assert newest().state == "failed"
    assert list(jobs.folder().glob("*.zip")) == []


def test_who_lost_the_role_fetches_nothing(officer: Browserlike, story: Story) -> None:
    address = asked(officer)
    jobs.work(NOW)
    accounts.end_role(story.officer.id, Role.OFFICER, by=CONSOLE, now=NOW)
    assert officer.get(f"{address}/file", status=None).status in {303, 404}  # the sign-in ends with the role


def test_attack_61_three_wait_and_one_is_made_at_a_time(officer: Browserlike, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        asked(officer)
    refused = officer.get("/exports").submit("/exports/pack", ASKED, status=409)
    assert "3件" in refused.text
    with jobs._alone() as alone:
        assert alone
        jobs.work(NOW)  # as a second process would
        assert {job.state for job in ExportJob.select()} == {"waiting"}
    jobs.work(NOW)
    assert {job.state for job in ExportJob.select()} == {"done"}


def test_what_stopped_half_way_is_known_for_that(officer: Browserlike) -> None:
    address = asked(officer)
    ExportJob.update(state="working").execute()
    jobs.work(NOW)
    page = officer.get(address)
    assert "途中で止まりました" in page.text
    assert "Refresh" not in page.response.headers


def test_a_failure_is_told_and_leaves_no_file(officer: Browserlike, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("inside")

    address = asked(officer)
    monkeypatch.setattr(pack, "write", broken)
    jobs.work(NOW)
    page = officer.get(address)
    assert "作成できませんでした" in page.text
    assert "inside" not in page.text
    assert officer.get(f"{address}/file", status=None).status == 404


def test_attack_47_damage_found_on_the_way_is_told(officer: Browserlike, story: Story) -> None:
    harm(story.odd)
    address = asked(officer)
    jobs.work(NOW)
    assert "壊れているファイル1件は入っていません" in officer.get(address).text
    assert TrailEntry.select().where(TrailEntry.verb == "file.damaged").count() == 1


def test_a_pack_changed_on_disk_is_not_handed_out(officer: Browserlike) -> None:
    address = asked(officer)
    jobs.work(NOW)
    path = jobs.path_of(newest())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert officer.get(f"{address}/file", status=None).status == 503
    path.unlink()
    assert officer.get(f"{address}/file", status=None).status == 404


def test_packs_are_swept_after_a_day(officer: Browserlike) -> None:
    asked(officer)
    jobs.work(NOW)
    (jobs.folder() / ".9.zip.abc.tmp").write_bytes(b"x")
    (jobs.folder() / "9.zip").write_bytes(b"x")
    jobs.sweep(NOW + timedelta(hours=23))
    assert [path.suffix for path in jobs.folder().iterdir() if path.suffix != ".lock"] == [".zip"]
    jobs.sweep(NOW + timedelta(hours=25))
    assert [path.name for path in jobs.folder().iterdir()] == ["working.lock"]
    assert ExportJob.select().count() == 0


@pytest.mark.parametrize("kind", ["status", "statement"])
@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "pdf"])
def test_documents_come_at_once(officer: Browserlike, kind: str, form: str) -> None:
    page = officer.get(f"/exports/{kind}?day=R8.11.20&known=then&format={form}")
    assert page.response.headers["Content-Disposition"].startswith("attachment")
    assert f"2026-11-20.{form}" in page.response.headers["Content-Disposition"]
    assert len(page.body) > 1000


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("day=11/20&known=then&format=json", "年がありません"),
        ("day=2199-01-01&known=then&format=json", "先の日"),
        ("day=2026-11-20&known=maybe&format=json", "選んでください"),
        ("day=2026-11-20&known=then&format=exe", ""),
        ("", "入力してください"),
    ],
)
def test_what_cannot_be_read_comes_back_with_the_form(officer: Browserlike, query: str, words: str) -> None:
    page = officer.get(f"/exports/status?{query}", status=None)
    assert page.status == 422
    assert words in page.text
    assert "監査パック" in page.text


@pytest.mark.parametrize("more", [{"last": "2199-01-01"}, {"last": "2026-03-31"}, {"first": "きのう"}, {"first": ""}])
def test_a_period_that_cannot_be_is_refused_on_its_field(officer: Browserlike, more: dict[str, Any]) -> None:
    page = officer.get("/exports").submit("/exports/pack", {**ASKED, **more}, status=422)
    assert b'aria-invalid="true"' in page.body
    assert ExportJob.select().count() == 0


def test_the_server_has_packs_made_in_a_process_of_their_own(officer: Browserlike, config: Config) -> None:
    """Its clock is the machine's, on which the person of this story may not have come yet."""
    page = officer.get("/exports").submit("/exports/pack", {**ASKED, "last": "2026-04-30"}, status=303)
    runner._make_packs_apart(config, NOW)
    assert newest().state == ("done" if datetime.now(UTC) > NOW - timedelta(days=9) else "failed")
    assert "順番を待っています" not in officer.get(page.location).text
    assert not jobs.is_due()


def test_the_settings_reach_the_other_process(tmp_path: Path) -> None:
    given = Config(data=tmp_path, locale="en", port=8123, base_url="http://127.0.0.1:8123", log_level="ERROR")
    again = Config.from_environment(given.environment())
    assert replace(again, given=frozenset()) == given
