"""The pages of the catalogue room, as people use them."""

from flask import Flask

from isms.core.permissions import Role
from tests.trail.visitors import visitor


def test_smoke(house: Flask) -> None:
    officer = visitor(house, Role.OFFICER)
    for path in (
        "/decisions", "/decisions/iso27001-2022/A.5.1", "/decisions/iso27001-2022/A.5.1/decide", "/decisions/many",
        "/decisions/import", "/editions", "/editions/put", "/editions/own/new",
        "/editions/iso27001-2022/A.5.1/title", "/statement", "/statement/issue", "/transition",
    ):
        for lang in ("ja", "en"):
            page = officer.get(f"{path}?lang={lang}", status=None)
            print(path, page.status, len(page.html))
            assert page.status == 200, page.text[-2000:]
