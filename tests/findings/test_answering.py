"""The pages on which a finding is answered: who sees and may do what, the photos, and the owner's own page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from isms.core import blobs, clock
from isms.core.permissions import CONSOLE, Role
from isms.findings import files, measures, rules, steps
from isms.findings.models import Finding, FindingFile, FindingStep
from isms.people.models import Person
from tests import factories
from tests.browserlike import Browserlike
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, at_noon, auditor, enter

WEST = 40.0  # degrees; the photo's place, which must not stay


def photo(side: int = 600) -> bytes:
    """Make a photograph as a telephone does, lying on its side, with the place where it was taken."""
    image, exif, stream = Image.new("RGB", (side, side // 2), "navy"), Image.Exif(), BytesIO()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (WEST, 0.0, 0.0)
    image.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


@dataclass
class Case:
    """A finding of a department, its head, and who owns the action that is planned."""

    house: Flask
    finding: Finding
    head: Person
    owner: Person
    action: FindingStep

    def browser(self, who: Person | Role) -> Browserlike:
        """Let somebody in."""
        return enter(self.house, factories.with_role(who) if isinstance(who, Role) else who)

    @property
    def page(self) -> str:
        return f"/findings/{self.finding.id}"

    @property
    def action_page(self) -> str:
        return f"{self.page}/actions/{self.action.id}"


@pytest.fixture
def case(house: Flask) -> Iterator[Case]:
    with at_noon():
        head, owner = factories.with_role(Role.HEAD), factories.with_role(Role.STAFF, name="架空 持主")
        by = factories.actor(head)
        found = rules.open_finding(
            grade="minor",
            title="架空の指摘",
            controls=[(EDITION, "A.7.2")],
            opened_on=TODAY - timedelta(days=5),
            department_id=min(by.heads),
            files=[files.Upload("現場.jpg", BytesIO(photo()))],
            by=CONSOLE,
            now=NOW,
        )
        for say in (steps.reply, steps.correct, steps.say_cause):
            say(found.id, text="なぜ：架空の理由", by=by, now=NOW)
        due = TODAY + timedelta(days=9)
        action = steps.plan_action(found.id, text="札を掛ける", owner_id=owner.id, due=due, by=by, now=NOW)
        yield Case(house, found, head, owner, action)


def test_the_head_answers_on_the_page_of_the_finding(case: Case) -> None:
    values: dict[str, Any] = {"controls": [], "opened_on": TODAY, "department_id": case.finding.department_id}
    found = rules.open_finding(grade="minor", title="次の指摘", **values, by=CONSOLE, now=NOW)
    browser = case.browser(case.head)
    page = browser.get(f"/findings/{found.id}").submit("/steps/reply", text="分かりました").follow()
    assert "回答を記録しました。" in page.text
    page = page.submit("/steps/correction", text="その場で直した").follow()
    page = page.submit("/steps/cause", text="なぜ：知らない").follow()
    plan: dict[str, Any] = {"text": "教える", "owner_id": str(case.head.id), "due": "R8.12.20"}
    page = page.submit("/actions/new", fill=plan).follow()
    assert "次は処置の実施" in page.text
    page = page.click("終わったことを記録する").submit(text="教えた").follow()
    assert [step.recorded_by for step in FindingStep.select().where(FindingStep.finding == found)] == [
        f"person:{case.head.id}"
    ] * 5
    assert "有効性を確かめる" in page.text
    with clock.moved(lambda: NOW + timedelta(days=40)):
        page = case.browser(case.head).get(page.address + "/effect")
        assert "別の人が確かめます" in page.text and 'name="good"' not in page.html
    browser.get(f"/findings/{found.id}/close", status=404)


def test_the_owner_of_an_action_sees_their_page_and_no_more(case: Case) -> None:
    browser = case.browser(case.owner)
    page = browser.get(case.action_page)
    for words in ("札を掛ける", "架空の指摘", "なぜ：架空の理由", "現場.jpg", "架空 持主"):
        assert words in page.text
    for address in (
        case.page,
        f"{case.page}/steps/reply",
        f"{case.page}/actions/new",
        f"{case.action_page}/effect",
        f"{case.page}/files/{FindingFile.get().id}",
        f"{case.page}/close",
        f"/findings/{case.finding.id + 1}/actions/{case.action.id}",
    ):
        browser.get(address, status=404)
    browser.get("/findings", status=403)
    page = page.submit(text="掛けた", files=[("札.jpg", photo())]).follow()
    assert "処置が終わったことを記録しました。" in page.text
    assert "札.jpg" in page.text and 'name="text"' not in page.html
    assert FindingStep.select().order_by(FindingStep.id.desc()).get().recorded_by == f"person:{case.owner.id}"
    page.browser.post(case.action_page, {"text": "もう一度", "day": "2026-11-28", **_tokens(page)}, status=409)


def _tokens(page: Any) -> dict[str, str]:
    return {"csrf_token": page.token}


@pytest.mark.parametrize("role", [Role.HEAD, Role.STAFF, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_attack_1_whose_it_is_not_finds_no_step_of_it(case: Case, role: Role) -> None:
    browser = case.browser(role)
    number = FindingFile.get().id
    for path in ("steps/reply", "steps/cause", "actions/new", "close", "reopen"):
        browser.get(f"{case.page}/{path}", status=404)
    for path in ("", "/effect", f"/files/{number}", f"/files/{number}/picture"):
        browser.get(f"{case.action_page}{path}", status=404)
    if role is not Role.APPROVER:
        browser.get(f"{case.page}/files/{number}", status=404)
    assert FindingStep.select().count() == 4


def test_attack_2_an_auditor_reads_it_within_the_engagement_and_answers_nothing(case: Case) -> None:
    number = FindingFile.get().id
    values: dict[str, Any] = {"hazard": "置き忘れ", "measure": "架空の防止策", "from_day": TODAY}
    measures.add_measure(
        finding_id=case.finding.id, **values, by=factories.actor(factories.with_role(Role.OFFICER)), now=NOW
    )
    inside, _ = auditor("A.7.2")
    browser = case.browser(inside)
    page = browser.get(case.page)
    assert "札を掛ける" in page.text and "現場.jpg" in page.text and "ほかのことを記録する" not in page.text
    assert "架空の防止策" not in page.text, "measures are not for auditors"
    assert "架空の防止策" in case.browser(case.head).get(case.page).text
    browser.get(f"{case.page}/files/{number}")
    browser.get(case.action_page, status=404)
    outside, _ = auditor("A.5.1")
    case.browser(outside).get(f"{case.page}/files/{number}", status=404)


def test_photos_stay_without_their_place_and_are_shown_small(case: Case) -> None:
    file = FindingFile.get()
    browser = case.browser(case.head)
    kept = browser.get(f"{case.page}/files/{file.id}")
    assert kept.response.headers["Content-Disposition"].startswith("attachment")
    with Image.open(BytesIO(kept.body)) as image:
        assert (image.size, dict(image.getexif()), image.format) == ((300, 600), {}, "JPEG")
    small = browser.get(f"{case.page}/files/{file.id}/picture")
    with Image.open(BytesIO(small.body)) as image:
        assert (image.format, image.width) == ("PNG", 300)
    owner = case.browser(case.owner)
    assert owner.get(f"{case.action_page}/files/{file.id}").body == kept.body
    assert owner.get(f"{case.action_page}/files/{file.id}/picture").body == small.body


def test_attack_4_a_file_of_another_finding_or_step_is_not_there(case: Case) -> None:
    other = rules.open_finding(
        grade="minor",
        title="よその指摘",
        controls=[],
        opened_on=TODAY,
        department_id=case.finding.department_id,
        files=[files.Upload("よそ.txt", BytesIO("よその写し".encode()))],
        by=CONSOLE,
        now=NOW,
    )
    foreign = files.files_of(other.id)[None][0]
    by = factories.actor(case.head)
    reply = steps.reply(
        case.finding.id, text="写し", files=[files.Upload("回答.txt", BytesIO("写し".encode()))], by=by, now=NOW
    )
    of_reply = files.files_of(case.finding.id)[reply.id][0]
    head, owner = case.browser(case.head), case.browser(case.owner)
    head.get(f"{case.page}/files/{of_reply.id}")
    head.get(f"{case.page}/files/{of_reply.id}/picture", status=404)  # no picture
    for browser, address in (
        (head, f"{case.page}/files/{foreign.id}"),
        (owner, f"{case.action_page}/files/{foreign.id}"),
        (owner, f"{case.action_page}/files/{of_reply.id}"),
        (owner, f"{case.action_page}/files/{of_reply.id}/picture"),
    ):
        browser.get(address, status=404)


def test_a_damaged_photo_is_not_handed_out_and_is_told(case: Case) -> None:
    file = FindingFile.get()
    path = blobs.path_of(file.sha256)
    path.chmod(0o600)
    path.write_bytes(b"x")
    browser = case.browser(case.head)
    browser.get(f"{case.page}/files/{file.id}", status=503)
    browser.get(f"{case.page}/files/{file.id}/picture", status=503)


def test_what_was_sent_once_is_not_asked_for_again(case: Case) -> None:
    page = case.browser(case.head).get(f"{case.page}/steps/reply")
    page = page.submit(text="", files=[("一.jpg", photo())], status=422)
    assert "受け取ったファイル" in page.text and "一.jpg" in page.text
    page = page.submit(text="添えます", kept=_kept(page)).follow()
    assert "一.jpg" in page.text


def _kept(page: Any) -> list[str]:
    return re.findall(r'name="kept" value="([^"]+)"', page.html)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("壊れた.jpg", b"\xff\xd8\xff\xe0 broken", "壊れている"),
        ("実は.jpg", b"MZ not a picture", "ではありません"),
        ("道具.exe", b"MZ", "種類は受け付けません"),
        ("場所つき.TIF", b"II*\x00", "PDF か JPEG で"),
    ],
)
def test_what_is_no_photo_is_refused_with_what_to_do(case: Case, name: str, content: bytes, said: str) -> None:
    page = case.browser(case.head).get(f"{case.page}/steps/reply")
    page = page.submit(text="添えます", files=[(name, content)], status=422)
    assert said in page.text
    assert FindingStep.select().count() == 4


def test_a_new_finding_takes_photos_and_a_due_day(case: Case) -> None:
    page = case.browser(Role.OFFICER).get("/findings/new")
    values: dict[str, Any] = {"grade": "observation", "title": "写真つき", "controls": "A.7.2", "due": "2026-12-24"}
    page = page.submit(fill=values, files=[("机.jpg", photo()), ("棚.jpg", photo(400))]).follow()
    for words in ("机.jpg", "棚.jpg", "2026年12月24日（木）"):
        assert words in page.text
    page = page.browser.get("/findings/new").submit(fill=values | {"due": "2026-11-01"}, status=422)
    assert "期限が、見つかった日より前です。" in page.text


def test_a_file_that_another_form_took_in_is_not_taken(case: Case) -> None:
    """The form of evidence keeps a photograph as it came, with its place; it must not get round the cleaning."""
    browser = case.browser(Role.OFFICER)
    page = browser.get("/evidence/new").submit("files", status=422, files=[("現場.jpg", photo())])
    (signed,) = page.form("kept").fields.getlist("kept")
    page = browser.get(f"{case.page}/steps/reply").submit(
        "text", status=422, text="分かりました", also={"kept": signed}
    )
    assert "ファイルをもう一度選んでください" in page.text
    assert FindingFile.select().where(FindingFile.step.is_null(False)).count() == 0
