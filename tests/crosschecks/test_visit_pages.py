"""Pages of a visit: plain forms and what the script is told; what was typed is never lost, strangers see nothing."""

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from isms.core import blobs, clock
from isms.core.permissions import Role
from isms.crosschecks import answers, photos, visits
from isms.crosschecks.models import Answer, Visit, VisitPhoto
from isms.evidence import redactions
from isms.evidence.models import FileCheck
from isms.findings.models import Finding
from isms.people import rules
from tests import documents, factories
from tests.browserlike import Browserlike, Page
from tests.crosschecks import visiting
from tests.evidence import proofs
from tests.evidence.test_redactions import proposed
from tests.factories import NOW, signed_in

CANARY = "CANARY-35.6895N-139.6917E"
AS_SCRIPT = {"Accept": "application/json"}


def at(of: Visit, what: str = "") -> str:
    return f"/crosschecks/visits/{of.id}{what}"


def sent(page: Page, number: int, **values: Any) -> Page:
    """Send an item's form as the script does."""
    form = page.form(f"items/{number}")
    return page.browser.open("POST", form.action, data=form.filled(values), headers=dict(AS_SCRIPT))


def visitor(house: Flask, of: Visit, name: str = "試作 春子") -> Browserlike:
    return signed_in(house, visiting.colleague(of, name))


def test_an_answer_leads_to_the_next_item_and_the_last_one_to_the_list(house: Flask) -> None:
    one = visiting.visit()
    browser = visitor(house, one)
    page = browser.get(at(one)).click("始める")
    for number in (1, 2, 3):
        form = f"items/{number}"
        page = page.submit(form, value="ng", comment="架空の気づき", status=303)
        page = page.follow()
    assert page.address == at(one) and "指摘事項が3件" in page.text
    page = page.submit("finish", status=303).follow()
    assert "指摘事項を3件登録しました" in page.text and Finding.select().count() == 3
    assert browser.get(at(one, "/items/1"), status=303).location == at(one)


def test_what_is_lacking_stands_at_the_field_and_what_was_typed_stays(house: Flask) -> None:
    one = visiting.visit()
    page = visitor(house, one).get(at(one, "/items/2"))
    page = page.submit("items/2", value="ng", files=("image.jpg", documents.picture("JPEG")), status=422)
    assert "見たことを書いてください。" in page.text
    form = page.form("items/2")
    assert form.fields["value"] == "ng" and form.fields["kept"], "the verdict or the photo would have to come again"
    page.submit("items/2", comment="一台。", status=303)
    assert Answer.get().value == "ng" and VisitPhoto.select().count() == 1


def test_an_answer_after_the_end_is_refused_and_stays_on_the_page(house: Flask) -> None:
    one = visiting.visit()
    page = visitor(house, one).get(at(one, "/items/1"))
    visiting.step(one.campaign, "closed")
    after = page.submit("items/1", value="ng", comment="窓口側の一台。", status=409)
    assert "締め切られました" in after.text
    assert after.form("items/1").fields["comment"] == "窓口側の一台。" and after.form("items/1").fields["value"] == "ng"
    told = sent(page, 1, value="ng", comment="窓口側の一台。")
    assert told.status == 409 and "締め切られました" in told.response.get_json()["refused"]
    assert not Answer.select().exists()


def test_who_comes_second_sees_the_other_answer_and_chooses(house: Flask) -> None:
    one = visiting.visit()
    hers, his = visitor(house, one), visitor(house, one, "試作 夏男")
    first, second = (browser.get(at(one, "/items/1")) for browser in (hers, his))
    first.submit("items/1", value="ng", comment="窓口側の一台。", status=303)
    page = second.submit("items/1", value="ok", comment="問題なし。", status=409)
    assert "窓口側の一台。" in page.text and "試作 春子" in page.text
    assert page.form("items/1").fields["comment"] == "問題なし。"
    assert Answer.select().count() == 1
    page.submit("items/1", status=303)
    assert answers.answers_of(one.id)[visiting.items(one)[0].id].value == "ok"


def test_the_script_is_told_of_the_other_answer(house: Flask) -> None:
    one = visiting.visit()
    hers, his = visitor(house, one), visitor(house, one, "試作 夏男")
    first, second = (browser.get(at(one, "/items/1")) for browser in (hers, his))
    told = sent(first, 1, value="ng", comment="一台。", files=("image.jpg", documents.located_jpeg(CANARY)))
    assert told.status == 200
    saved = told.response.get_json()
    assert saved["saved"] == Answer.get().id and saved["words"] == "できていない" and len(saved["photos"]) == 1
    refused = sent(second, 1, value="na")
    other = refused.response.get_json()["other"]
    assert refused.status == 409
    assert (other["id"], other["words"], other["comment"], other["who"]) == (
        saved["saved"], "できていない", "一台。", "試作 春子",
    )  # fmt: skip


def test_attack_49_an_answer_that_is_sent_again_is_there_once(house: Flask) -> None:
    """Its first sending was taken, but the telephone never heard so; in between somebody else answered."""
    one = visiting.visit()
    page = visitor(house, one).get(at(one, "/items/1"))
    photo = ("image.jpg", documents.picture("JPEG"))
    first = sent(page, 1, value="ng", comment="一台。", files=photo).response.get_json()
    visiting.say(one, visiting.member(one, "試作 夏男"), "na", after=first["saved"])
    again = sent(page, 1, value="ng", comment="一台。", files=photo)
    assert again.status == 200 and again.response.get_json()["saved"] == first["saved"]
    assert Answer.select().count() == 2 and VisitPhoto.select().count() == 1


def test_attack_49_agreeing_with_another_s_answer_and_sent_again_is_taken_too(house: Flask) -> None:
    one = visiting.visit()
    hers, his = (visitor(house, one, name).get(at(one, "/items/1")) for name in ("試作 春子", "試作 夏男"))
    assert sent(hers, 1, value="ok").status == 200
    first, again = sent(his, 1, value="ok"), sent(his, 1, value="ok")
    assert first.status == again.status == 200 and Answer.select().count() == 1
    assert first.response.get_json() == again.response.get_json()


def test_another_verdict_after_a_sending_that_was_lost_is_a_new_answer(house: Flask) -> None:
    one = visiting.visit()
    page = visitor(house, one).get(at(one, "/items/1"))
    first = sent(page, 1, value="ok").response.get_json()
    page = page.browser.get(at(one, "/items/1"))
    assert page.form("items/1").fields["after"] == str(first["saved"])
    assert sent(page, 1, value="na").status == 200
    assert [row.value for row in Answer.select().order_by(Answer.id)] == ["ok", "na"]


def test_attack_36_where_a_photo_was_taken_is_in_no_byte_that_is_served(house: Flask) -> None:
    one = visiting.visit()
    browser = visitor(house, one)
    page = browser.get(at(one, "/items/1"))
    page.submit("items/1", value="ok", files=("image.jpg", documents.located_jpeg(CANARY)), status=303)
    photo = VisitPhoto.get()
    whole, small = (browser.get(at(one, f"/photos/{photo.id}{what}")) for what in ("", "/small"))
    for served in (whole, small):
        assert CANARY.encode() not in served.body
        with Image.open(io.BytesIO(served.body)) as image:
            assert image.format == "JPEG" and not image.getexif()
    headers = whole.response.headers
    assert headers["Content-Disposition"].startswith('attachment; filename="image.jpg"')
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    assert "sandbox" in small.response.headers["Content-Security-Policy"]
    assert all(CANARY.encode() not in b"".join(blobs.read_once(sha256)) for sha256 in blobs.stored())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("IMG_0001.HEIC", documents.SAMPLES["heic"](), "互換性優先"),
        ("image.jpg", documents.picture("JPEG", (800, 600))[:700], "壊れている"),
        ("image.jpg", documents.pdf(), "写真（JPEG"),
        ("image.png", documents.claimed_png(65_535, 65_535), "画素"),
        ("image.jpg", documents.picture("JPEG") + bytes(100_001), "30MB"),
    ],
)
def test_a_photo_that_cannot_be_taken_costs_nothing_else(
    house: Flask, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, said: str
) -> None:
    monkeypatch.setattr("isms.core.photos.LARGEST", 100_000)
    one = visiting.visit()
    page = visitor(house, one).get(at(one, "/items/1"))
    refused = page.submit("items/1", value="ng", comment="一台。", files=(name, content), status=422)
    assert said in refused.text and refused.form("items/1").fields["comment"] == "一台。"
    told = sent(page, 1, value="ng", comment="一台。", files=(name, content))
    assert told.status == 422 and said in told.response.get_json()["refused"]
    assert not Answer.select().exists() and blobs.stored() == []


def test_a_photo_is_taken_off_again(house: Flask) -> None:
    one = visiting.visit()
    browser = visitor(house, one)
    page = browser.get(at(one, "/items/1"))
    page.submit("items/1", value="ok", files=("image.jpg", documents.picture("JPEG")), status=303)
    page = browser.get(at(one, "/items/1"))
    page.submit("items/1", dropped=str(VisitPhoto.get().id), status=303)
    assert photos.photos_of(one.id) == {} and Answer.select().count() == 1
    for what in ("", "/small"):
        browser.get(at(one, f"/photos/{VisitPhoto.get().id}{what}"), status=404)


def test_attack_1_strangers_and_the_visited_see_nothing_before_the_end(house: Flask) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    visiting.say(one, by, "ok", files=[visiting.photo()])
    photo = VisitPhoto.get()
    head = factories.person("架空 責任者", department_id=one.checked_id)
    rules.set_heads(head.id, [one.checked_id], from_day=head.from_day, by=by, now=NOW)
    browsers = [
        signed_in(house, head),
        signed_in(house, factories.person(department_id=one.checked_id)),
        signed_in(house, Role.HEAD),
        signed_in(house, Role.STAFF),
    ]
    for browser in browsers:
        for what in ("", "/items/1", f"/photos/{photo.id}", f"/photos/{photo.id}/small"):
            browser.get(at(one, what), status=404)
        page = browser.get("/account")
        for what in ("/items/1", "/finish"):
            browser.post(at(one, what), {"value": "ok"}, page=page, status=404)
    assert Answer.select().count() == 1


def test_the_visited_head_reads_it_when_it_is_finished(house: Flask) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    for place, value in enumerate(("ng", "ok", "ok")):
        visiting.say(one, by, value, "窓口側の一台。" if value == "ng" else "", item=place)
    visits.finish(one.id, by=by, now=clock.now())
    head = factories.person("架空 責任者", department_id=one.checked_id)
    rules.set_heads(head.id, [one.checked_id], from_day=head.from_day, by=by, now=NOW)
    browser = signed_in(house, head)
    page = browser.get(at(one))
    assert "窓口側の一台。" in page.text and not [form for form in page.forms if "finish" in form.action]
    browser.get(at(one, "/items/1"), status=404)
    assert "クロスチェック" in page.click(Finding.get().ref).text


def test_attack_4_a_photo_of_another_visit_is_not_there(house: Flask) -> None:
    one = visiting.visit()
    other = visiting.visit(visiting.campaign(year=2025), checker=one.checker)
    visiting.say(one, visiting.member(one), "ok", files=[visiting.photo()])
    browser = visitor(house, one)
    for what in ("", "/small"):
        browser.get(at(other, f"/photos/{VisitPhoto.get().id}{what}"), status=404)


def test_a_photo_whose_bytes_two_people_destroyed_is_gone_and_no_damage(house: Flask) -> None:
    one, taken = visiting.visit(), visiting.photo()
    visiting.say(one, visiting.member(one), "ok", files=[taken])
    made = proofs.recorded(proofs.officer(), files=[taken])
    proposal = proposed(made, proofs.officer())
    asked = signed_in(house, Role.APPROVER).get(f"/evidence/redactions/{proposal.id}")
    assert f"{one.campaign.ref} {taken.name}" in asked.text, "who confirms has to know what goes with it"
    redactions.confirm_redaction(proposal.id, by=proofs.approver(), now=NOW)
    browser = visitor(house, one)
    for what in ("", "/small"):
        browser.get(at(one, f"/photos/{VisitPhoto.get().id}{what}"), status=410)
    assert not FileCheck.select().exists()


def test_the_finding_tells_that_its_answer_was_changed(house: Flask) -> None:
    one = visiting.visit()
    by, officer = visiting.member(one), factories.with_role(Role.OFFICER)
    for place, value in enumerate(("ng", "ok", "ok")):
        visiting.say(one, by, value, "一台。" if value == "ng" else "", item=place)
    (finding,) = visits.finish(one.id, by=by, now=clock.now())
    browser = signed_in(house, officer)
    page = browser.get(at(one)).click("訪問を再開する")
    page.submit("text", text="書き間違い", status=303)
    newest = answers.answers_of(one.id)[visiting.items(one)[0].id]
    visiting.say(one, by, "ok", after=newest.id)
    visits.finish(one.id, by=by, now=clock.now())
    assert "登録のあとで回答が変わりました ：できている" in browser.get(f"/findings/{finding.id}").text
    assert "登録のあとで回答が変わりました" in browser.get(at(one)).text


def test_finishing_too_early_says_what_lacks(house: Flask) -> None:
    one = visiting.visit()
    browser = visitor(house, one)
    page = browser.get(at(one))
    page = browser.post(at(one, "/finish"), page=page, status=303).follow()
    assert "あと3項目に答えると終えられます。" in page.text


def test_only_the_pages_of_a_visit_may_send_by_script(house: Flask) -> None:
    one = visiting.visit()
    browser = visitor(house, one)
    for address, allowed in ((at(one), True), (at(one, "/items/1"), True), ("/account", False)):
        policy = browser.get(address).response.headers["Content-Security-Policy"]
        assert ("connect-src 'self'" in policy) == allowed and policy.startswith("default-src 'none'")
