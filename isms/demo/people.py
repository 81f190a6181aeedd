"""The people of the example federation: 12 departments, 115 people and two outside auditors, five years of coming and going."""

from datetime import date, datetime
from functools import partial

from isms.core import settings
from isms.core.permissions import CONSOLE, Actor, Role
from isms.demo.story import Cast, Story, acting
from isms.people import accounts, departments, rules
from isms.people.models import Department, Person

ORGANISATION = "架空県国民健康保険団体連合会"
DOMAIN = "kakuu-kokuho.example"
DEPARTMENTS = (
    ("010", "総務課", "General Affairs", 10),
    ("020", "企画財政課", "Planning and Finance", 8),
    ("030", "情報システム課", "Information Systems", 11),
    ("040", "事業課", "Programmes", 9),
    ("050", "審査管理課", "Claims Review Administration", 12),
    ("060", "審査第一課", "Claims Review 1", 14),
    ("070", "審査第二課", "Claims Review 2", 13),
    ("080", "再審査課", "Re-examination", 8),
    ("090", "保健事業課", "Health Programmes", 8),
    ("100", "介護福祉課", "Long-term Care", 9),
    ("110", "支払管理課", "Payments", 7),
    ("120", "監査室", "Audit Office", 5),
)
# invented family names that no one bears, given names that many do
FAMILY = (
    ("架空", "カクウ", "kakuu"),
    ("見本", "ミホン", "mihon"),
    ("試作", "シサク", "shisaku"),
    ("仮名", "カメイ", "kamei"),
    ("例示", "レイジ", "reiji"),
    ("模擬", "モギ", "mogi"),
    ("想定", "ソウテイ", "soutei"),
    ("雛形", "ヒナガタ", "hinagata"),
)
GIVEN = (
    ("太郎", "タロウ", "taro"),
    ("花子", "ハナコ", "hanako"),
    ("次郎", "ジロウ", "jiro"),
    ("春子", "ハルコ", "haruko"),
    ("三郎", "サブロウ", "saburo"),
    ("夏美", "ナツミ", "natsumi"),
    ("健一", "ケンイチ", "kenichi"),
    ("秋子", "アキコ", "akiko"),
    ("誠", "マコト", "makoto"),
    ("冬子", "フユコ", "fuyuko"),
    ("明", "アキラ", "akira"),
    ("恵", "メグミ", "megumi"),
    ("進", "ススム", "susumu"),
    ("由美", "ユミ", "yumi"),
    ("豊", "ユタカ", "yutaka"),
)


def settle(story: Story) -> Cast:
    """Found the organisation on the first day, with everybody who works there."""
    now = story.now()
    family, given = FAMILY[1], GIVEN[1]
    first = rules.found(
        organisation=ORGANISATION,
        name=f"{family[0]} {given[0]}",
        mail=f"hanako.mihon@{DOMAIN}",
        number="00001",
        by=CONSOLE,
        now=now,
    )
    officer = acting(first, now)
    made = [
        departments.add_department(
            code=code, name=name, name_en=english, from_day=date(2010, 1, 1), by=officer, now=now
        )
        for code, name, english, _ in DEPARTMENTS
    ]
    rules.change_person(first.id, kana=f"{family[1]} {given[1]}", by=officer, now=now)
    rules.place(first.id, department_id=made[0].id, position="主任", from_day=date(2021, 4, 1), by=officer, now=now)
    people, heads = _fill(made, first, officer, now)
    return _cast(people, heads, made, officer, now)


def tell(story: Story, cast: Cast) -> None:
    """Every April a few staff change places."""
    people = list(Person.select().where(Person.employment != "external").order_by(Person.id))
    made = list(cast.departments.values())
    for year in range(2022, story.today.year + 1):
        for step in range(6):
            person = people[(year * 7 + step * 17) % (len(people) - 40) + 40]
            target = made[(year + step * 5) % len(made)]
            story.at(date(year, 4, 1), partial(_move, person, target, cast), hour=8)


def _move(person: Person, target: Department, cast: Cast, now: datetime) -> None:
    if acting(person, now).roles == {Role.STAFF}:
        day = settings.today(now)
        officer = acting(cast.officers[0], now)
        rules.place(person.id, department_id=target.id, position="主事", from_day=day, by=officer, now=now)


def _names() -> list[tuple[str, str, str]]:
    """Give every pair of names once, the officer's left out, neighbours unlike each other."""
    pairs = [(f, g) for i in range(len(GIVEN)) for f, g in zip(FAMILY, GIVEN[i:] + GIVEN[:i], strict=False)]
    return [
        (f"{f[0]} {g[0]}", f"{f[1]} {g[1]}", f"{g[2]}.{f[2]}@{DOMAIN}")
        for f, g in pairs
        if (f[0], g[0]) != ("見本", "花子")
    ]


def _fill(
    made: list[Department], first: Person, officer: Actor, now: datetime
) -> tuple[list[Person], dict[str, Person]]:
    names = iter(_names())
    people, heads = [first], {}
    for department, (_, _, _, size) in zip(made, DEPARTMENTS, strict=True):
        for place in range(size):
            name, kana, mail = next(names)
            position = ("課長", "課長補佐", "係長", "主任")[place] if place < 4 else "主事"
            person = rules.add_person(
                number=f"{len(people) + 1:05d}",
                name=name,
                kana=kana,
                mail=mail,
                employment="fixed_term" if place > 6 and place % 3 == 0 else "permanent",
                from_day=date(2021, 4, 1),
                department_id=department.id,
                position="室長" if place == 0 and department.code == "120" else position,
                by=officer,
                now=now,
            )
            if place == 0:
                rules.set_heads(person.id, [department.id], from_day=date(2021, 4, 1), by=officer, now=now)
                heads[department.code] = person
            people.append(person)
    return people, heads


def _cast(
    people: list[Person], heads: dict[str, Person], made: list[Department], officer: Actor, now: datetime
) -> Cast:
    """Give the roles: two more officers, an approver, a second administrator, and two auditors from outside."""
    first, approver, second, third, administrator = (people[place] for place in (0, 1, 2, 20, 21))
    for person, role in (
        (second, Role.OFFICER),
        (third, Role.OFFICER),
        (approver, Role.APPROVER),
        (administrator, Role.ADMINISTRATOR),
    ):
        accounts.grant_role(person.id, role, by=officer, now=now)
    auditors = []
    for number, name, kana, mail in (
        ("A0001", "検査 一郎", "ケンサ イチロウ", "ichiro@kensa-kikan.example"),
        ("A0002", "検査 京子", "ケンサ キョウコ", "kyoko@kensa-kikan.example"),
    ):
        auditor = rules.add_person(
            number=number, name=name, kana=kana, mail=mail, employment="external", from_day=date(2021, 4, 1),
            by=officer, now=now,
        )  # fmt: skip
        accounts.grant_role(auditor.id, Role.AUDITOR, by=officer, now=now)
        auditors.append(auditor)
    return Cast([first, second, third], approver, auditors, {str(one.code): one for one in made}, heads)
