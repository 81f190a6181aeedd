"""The list of people from a sheet: verdicts row by row, then all or nothing."""

from datetime import UTC, date, datetime

import pytest

from isms.core.errors import Invalid
from isms.core.imports import Verdict
from isms.core.permissions import CONSOLE, Role
from isms.core.sheets import write_csv, write_xlsx
from isms.people import imports, roster, rules
from isms.people.actors import actor_of
from isms.people.models import Department, Membership, Person, RoleGrant
from isms.trail import entries, verify

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HEAD = ["職員番号", "氏名", "カナ", "メール", "部署", "役職", "採用日"]
TARO = ["00012", "架空 太郎", "カクウ タロウ", "taro@kakuu.example", "総務課", "係長", "R2.4.1"]
JIRO = ["00013", "架空 次郎", "", "jiro@kakuu.example", "審査課", "", "令和3年4月1日"]


@pytest.fixture
def officer(db):
    first = rules.found(
        organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", number="00001", by=CONSOLE, now=NOW
    )
    return actor_of(first, NOW)


def csv(*rows, head=HEAD):
    return write_csv(head, rows)


def take(officer, content, name="名簿.csv", **more):
    return imports.take(content, name, by=officer, now=NOW, **more)


def verdicts(plan):
    return [row.verdict for row in plan.rows]


def test_new_people_come_with_their_departments(officer):
    done = take(officer, csv(TARO, JIRO))
    assert verdicts(done) == [Verdict.NEW, Verdict.NEW]
    assert any("総務課" in notice for notice in done.notices)
    taro = next(p for p in roster.roster(date(2026, 11, 21)) if p.number == "00012")
    assert (taro.place.department.name, taro.place.position, taro.from_day) == ("総務課", "係長", date(2020, 4, 1))
    assert list(verify.verify()) == []


def test_the_same_sheet_twice_changes_nothing(officer):
    take(officer, csv(TARO, JIRO))
    before = entries().count()
    assert verdicts(take(officer, csv(TARO, JIRO))) == [Verdict.SAME, Verdict.SAME]
    assert entries().count() == before + 1  # the import itself
    assert Person.select().count() == 3
    assert Membership.select().count() == 2


def test_changes_are_named_and_made(officer):
    take(officer, csv(TARO, JIRO))
    moved = [*TARO[:4], "審査課", "課長", TARO[6]]
    plan = imports.plan(csv(moved, JIRO), "名簿.csv", by=officer, now=NOW)
    assert plan.rows[0].verdict == Verdict.CHANGED
    assert plan.rows[0].changes == {"department": ("総務課", "審査課"), "position": ("係長", "課長")}
    take(officer, csv(moved, JIRO))
    taro = next(p for p in roster.roster(date(2026, 11, 21)) if p.number == "00012")
    assert (taro.place.department.name, taro.place.position) == ("審査課", "課長")


def test_a_last_day_makes_a_leaver(officer):
    take(officer, csv(TARO, JIRO))
    done = take(officer, csv(["00012", "架空 太郎", "2026/11/30"], head=["職員番号", "氏名", "退職日"]))
    assert verdicts(done) == [Verdict.LEFT]
    assert Person.get(Person.number == "00012").to_day == date(2026, 11, 30)


def test_who_is_missing_leaves_only_when_the_sheet_is_the_whole_list(officer):
    take(officer, csv(TARO, JIRO))
    hanako = ["00001", "見本 花子", "", "h@kakuu.example", "", "", ""]
    plan = imports.plan(csv(hanako, TARO), "名簿.csv", by=officer, now=NOW)
    assert Verdict.LEFT not in verdicts(plan)
    assert any("1人" in notice for notice in plan.notices)
    take(officer, csv(hanako, TARO), leavers=True)
    assert Person.get(Person.number == "00013").to_day == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["", "架空 太郎", "", "", "", "", ""], "職員番号が空"),
        (["00020", "", "", "", "", "", ""], "氏名が空"),
        (["00020", "架空 四郎", "", "四郎", "", "", ""], "メールアドレス"),
        (["00020", "架空 四郎", "", "jiro@kakuu.example", "", "", ""], "3行目と同じ"),
        (["00013", "架空 四郎", "", "", "", "", ""], "3行目と同じ"),
        (["00020", "架空 四郎", "", "h@kakuu.example", "", "", ""], "別の職員のもの"),
        (["00020", "架空 四郎", "", "", "", "", "2026-02-30"], "採用日"),
        (["00020", "架空 四郎", "", "", "", "", "平成31年5月1日"], "平成"),
        (["00020", "架空\u202e四郎", "", "", "", "", ""], "氏名"),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_written(officer, row, told):
    content = csv(TARO, JIRO, row)
    plan = imports.plan(content, "名簿.csv", by=officer, now=NOW)
    assert verdicts(plan)[2] == Verdict.BAD
    assert told in " ".join(plan.rows[2].notes)
    before = entries().count()
    with pytest.raises(Invalid) as refused:
        take(officer, content)
    assert "4行目" in str(refused.value)
    assert (Person.select().count(), Department.select().count(), entries().count()) == (1, 0, before)


def test_english_headers_in_any_order_shift_jis_and_xlsx(officer):
    text = "Name,number,Department\r\n架空 太郎,00012,総務課\r\n"
    assert verdicts(take(officer, text.encode("cp932"))) == [Verdict.NEW]
    book = write_xlsx(HEAD, [JIRO], title="名簿", sheet_name="名簿", locale="ja")
    assert verdicts(take(officer, book, "名簿.xlsx")) == [Verdict.NEW]


def test_heads_and_roles_come_with_the_sheet(officer):
    head = ["職員番号", "氏名", "部署", "責任者", "役割"]
    take(officer, csv(["00012", "架空 太郎", "総務課", "総務課、審査課", "承認者"], head=head))
    taro = actor_of(Person.get(Person.number == "00012"), NOW)
    assert taro.roles == {Role.HEAD, Role.APPROVER, Role.STAFF}
    assert len(taro.heads) == 2
    take(officer, csv(["00012", "架空 太郎", "総務課", "審査課", ""], head=head))
    assert actor_of(Person.get(Person.number == "00012"), NOW).roles == {Role.HEAD, Role.STAFF}


def test_only_an_administrator_gives_roles_by_a_sheet(officer):
    taro = rules.add_person(number="00012", name="架空 太郎", from_day=date(2026, 4, 1), by=officer, now=NOW)
    RoleGrant.create(person=taro, role="officer", from_at=NOW)
    plain_officer = actor_of(taro, NOW)
    content = csv(["00013", "架空 次郎", "システム管理者"], head=["職員番号", "氏名", "役割"])
    plan = imports.plan(content, "名簿.csv", by=plain_officer, now=NOW)
    assert verdicts(plan) == [Verdict.BAD]


def test_the_last_administrator_does_not_leave_by_a_sheet(officer):
    with pytest.raises(Exception, match="管理者"):
        take(officer, csv(["00001", "見本 花子", "2026-11-30"], head=["職員番号", "氏名", "退職日"]))


def test_a_mail_address_stands_in_for_the_first_officers_number(db):
    first = rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=NOW)
    take(actor_of(first, NOW), csv(["00001", "見本 花子", "", "h@kakuu.example", "総務課", "", ""]))
    assert Person.get_by_id(first.id).number == "00001"
    assert Person.select().count() == 1
