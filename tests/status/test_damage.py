"""Show 4: a file is overwritten on disk. It is not handed out, the board alarms, it proves nothing; yesterday stays."""

from datetime import timedelta

from flask import Flask

from isms.core.permissions import Role
from isms.evidence.rules import files_of
from tests import factories
from tests.evidence.proofs import EDITION, harm
from tests.status.standings import TODAY, Office, at_noon, enter


def test_a_damaged_file_alarms_and_proves_nothing_from_then_on(house: Flask) -> None:
    with at_noon():
        office = Office()
        office.decide("A.5.1")
        made = office.prove("A.5.1")
        browser = enter(house, office.officer)
        address = f"/controls/{EDITION}/A.5.1"
        download = f"/evidence/{made.id}/files/{files_of(made.id)[0].id}"
        assert "壊れています" not in browser.get("/board").text
        assert "有効な証跡が1件あり" in browser.get(address).text
        assert browser.get(download).response.data == "架空の点検記録".encode()

        harm(made)
        refused = browser.get(download, status=503)
        assert "架空の点検記録".encode() not in refused.response.data

        board = browser.get("/board")
        assert "保管したファイル1件が壊れています" in board.text
        assert "点検記録.txt（中身が変わっています）" in board.text.replace(" ", "")
        assert 'role="alert"' in board.html
        assert (f"/evidence/{made.id}", f"{made.ref} 架空の点検記録") in board.links
        today = browser.get(address)
        assert "数えられる証跡がありません（ファイルの破損）。" in today.text
        assert "A.5.1 証跡なし ファイルの破損" in browser.get("/status?q=A.5.1").text
        yesterday = TODAY - timedelta(days=1)
        for known in ("then", "now"):
            assert "有効な証跡が1件あり" in browser.get(f"{address}?day={yesterday}&known={known}").text


def test_a_head_hears_of_their_own_departments_files_only(house: Flask) -> None:
    with at_noon():
        office = Office()
        made = office.prove("A.5.1")
        head = factories.with_role(Role.HEAD)
        own = office.prove("A.5.2", content="別の内容".encode(), department_id=next(iter(factories.actor(head).heads)))
        browser = enter(house, office.officer)
        for one in (made, own):
            harm(one)
            browser.get(f"/evidence/{one.id}/files/{files_of(one.id)[0].id}", status=503)
        assert "保管したファイル2件が壊れています" in browser.get("/board").text
        text = enter(house, head).get("/board").text
        assert "保管したファイル1件が壊れています" in text
        assert (own.ref in text, made.ref in text) == (True, False)
