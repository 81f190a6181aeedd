"""Small files as an office makes them: papers, scans, sheets, screens, lists. Everything in them is invented.

A scan is a picture of a page in a PDF, as a copier makes it; a paper is set by `core.pdf`.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from io import BytesIO
from random import Random
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from isms.core import pdf
from isms.core.days import long_day
from isms.core.sheets import write_csv, write_xlsx
from isms.demo.people import ORGANISATION

PAGE = (1240, 1754)  # A4 at 150 dots an inch
SCREEN = (960, 540)
Table = tuple[list[str], list[list[object]]]


class Made(NamedTuple):
    """A file's name and bytes."""

    name: str
    content: bytes


class About(NamedTuple):
    """What a file is about."""

    title: str
    department: str
    day: date
    content: str
    moment: datetime


# what stands in a table: headings, what the rows are about, what is said of them
ROWS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "rules": (
        ("項目", "内容"),
        ("目的", "適用範囲", "役割及び責任", "情報の取扱い", "持出し", "事故の届出", "見直し", "違反への対応"),
        ("変更なし", "字句を改めた", "組織の名称を改めた", "実態に合わせて改めた"),
    ),
    "minutes": (
        ("議題", "決めたこと"),
        ("前回の処置の状況", "内外の課題の変化", "目標の達成", "監査の結果", "指摘事項と是正", "資源", "改善の機会"),
        ("了承", "次回までに案を作る", "継続して進める", "各課に周知する"),
    ),
    "risks": (
        ("情報資産", "対応"),
        ("レセプト", "資格情報", "国保総合システム", "業務端末", "電子媒体", "国保情報ネットワーク", "帳票の発送"),
        ("低減（実施済）", "低減（実施中）", "受容", "移転（保険）"),
    ),
    "access": (
        ("利用者番号", "判断"),
        ("u0012", "u0027", "u0031", "u0044", "u0058", "u0063", "u0079", "u0085", "u0091", "u0103"),
        ("継続", "継続", "継続", "縮小", "削除（異動）", "削除（退職）"),
    ),
    "entry": (
        ("時刻", "入室者"),
        ("08:31", "09:02", "09:47", "10:15", "11:20", "13:05", "14:38", "15:52", "17:21", "18:10"),
        ("職員カード", "職員カード", "来訪者（付添いあり）", "保守業者（付添いあり）", "カード読取り不可・再試行"),
    ),
    "patches": (
        ("識別", "対応"),
        ("架空-0101", "架空-0102", "架空-0103", "架空-0104", "架空-0105", "架空-0106"),
        ("適用済み", "適用済み", "該当なし", "回避策で対応", "次の保守日に適用"),
    ),
    "screens": (
        ("対象", "状態"),
        ("総務課", "情報システム課", "審査管理課", "審査第一課", "審査第二課", "支払管理課", "監査室"),
        ("正常", "正常", "正常", "最新", "設定どおり"),
    ),
    "checks": (
        ("点検項目", "結果"),
        ("施錠", "机上", "画面の施錠", "書庫の鍵", "媒体の返却", "掲示物", "消火器", "非常口", "記録簿の記入"),
        ("良", "良", "良", "良", "改善済み", "次回確認"),
    ),
    "audit": (
        ("部署", "結果"),
        ("総務課", "企画財政課", "情報システム課", "審査管理課", "審査第一課", "審査第二課", "支払管理課"),
        ("適合", "適合", "観察事項あり", "改善の提案あり"),
    ),
    "results": (
        ("部署", "結果"),
        ("総務課", "企画財政課", "情報システム課", "事業課", "審査管理課", "審査第一課", "審査第二課", "監査室"),
        ("完了", "完了", "概ね達成", "達成", "追試1人・合格"),
    ),
    "contacts": (
        ("相手", "確認"),
        ("県 国保担当（架空）", "国保中央会（架空）", "警察署（架空）", "保守業者（架空）", "代行者", "消防署（架空）"),
        ("変更なし", "確認済み", "担当者の変更あり"),
    ),
    "vendors": (
        ("点検項目", "回答"),
        ("管理体制", "従業者の教育", "再委託", "入退室", "媒体の管理", "事故の報告", "認証の取得", "データの所在"),
        ("適合", "適合", "写しを受領", "口頭で確認"),
    ),
    "transfers": (
        ("相手", "確認"),
        ("架空第一市", "架空第二市", "架空第三町", "架空第四村", "架空広域連合"),
        ("受領印あり", "専用線", "暗号化・受領印あり"),
    ),
    "licenses": (
        ("名称", "台帳と現物"),
        ("業務端末", "表計算", "文書作成", "電子帳票", "対策ソフト", "サーバ", "フロアスイッチ", "複合機"),
        ("一致", "一致", "一致", "差異を修正"),
    ),
    "disposals": (
        ("対象", "方法"),
        ("平成27年度 帳票", "平成28年度 帳票", "記憶装置 架空-01", "記憶装置 架空-02", "磁気テープ 架空-11"),
        ("溶解", "裁断", "物理破壊", "上書き消去"),
    ),
    "reports": (
        ("区分", "対応"),
        ("誤送信の未遂", "不審なメール", "書類の置き忘れ", "注意喚起", "媒体の取違え", "攻撃の手口"),
        ("課内で共有", "全職員に周知", "対応不要と判断", "設定を確認"),
    ),
    "tests": (
        ("手順", "結果"),
        ("連絡", "切替え", "復元", "件数の突合", "業務の再開", "切戻し", "課題の整理"),
        ("予定どおり", "予定どおり", "5分早い", "12分遅れ・課題として記録"),
    ),
}


def make(form: str, about: About, random: Random) -> list[Made]:
    """Make the files of an evidence; none for a link."""
    heads, rows = _table(about, random)
    return [Made(f"{about.title}.{ending}", write(about, (heads, rows))) for ending, write in FORMS[form]]


def _table(about: About, random: Random) -> Table:
    heads, things, said = ROWS[about.content]
    if about.content in ("entry", "access", "licenses"):
        things = tuple(thing for thing in things for _ in range(3))
    middle = [random.choice(said) for _ in things]
    return [*heads, "整理番号"], [
        [thing, word, f"{about.department} {number:02d}"]
        for number, (thing, word) in enumerate(zip(things, middle, strict=True), 1)
    ]


def _lines(about: About) -> list[str]:
    return [f"{ORGANISATION}（架空）", f"{about.department}　{long_day(about.day, 'ja')}"]


def paper(about: About, table: Table) -> bytes:
    """Set a tagged PDF."""
    heads, rows = table
    data = {
        "title": about.title,
        "organisation": f"{ORGANISATION}（架空）",
        "head": "",
        "facts": [["部署", about.department], ["作成日", long_day(about.day, "ja")]],
        "columns": heads,
        "widths": [2, 3, 2],
        "rows": [[str(cell) for cell in row] for row in rows],
    }
    return pdf.render("table", data, made_at=about.moment)


def scan(about: About, table: Table) -> bytes:
    """Draw a page as a copier scans it, black and white."""
    page = Image.new("1", PAGE, 1)
    draw = ImageDraw.Draw(page)
    draw.text((120, 130), about.title, font=_font(44), fill=0)
    for number, line in enumerate(_lines(about)):
        draw.text((120, 220 + 44 * number), line, font=_font(26), fill=0)
    _draw_table(draw, table, (120, 360), (1000, 58), 26, 0)
    for place, name in enumerate(("承認", "確認", "作成")):
        left = 760 + 120 * place
        draw.rectangle((left, 1500, left + 120, 1650), outline=0, width=2)
        draw.text((left + 34, 1510), name, font=_font(24), fill=0)
        draw.ellipse((left + 25, 1555, left + 95, 1625), outline=0, width=3)
        draw.text((left + 36, 1573), "架空", font=_font(24), fill=0)
    out = BytesIO()
    day = about.day.timetuple()
    page.save(out, "PDF", resolution=150, title=about.title, creationDate=day, modDate=day)
    return out.getvalue()


def screen(about: About, table: Table) -> bytes:
    """Draw a window as it looked on the screen."""
    window = Image.new("P", SCREEN, 0)
    window.putpalette([245, 246, 248, 27, 53, 87, 255, 255, 255, 40, 44, 52, 214, 220, 228, 30, 110, 70])
    draw = ImageDraw.Draw(window)
    draw.fontmode = "1"
    draw.rectangle((0, 0, SCREEN[0], 46), fill=1)
    draw.text((20, 9), about.title, font=_font(22), fill=2)
    draw.rectangle((30, 70, 930, 510), fill=2, outline=4)
    draw.text((50, 84), f"架空の画面　{long_day(about.day, 'ja')}", font=_font(16), fill=3)
    _draw_table(draw, table, (50, 120), (860, 42), 18, 3)
    out = BytesIO()
    window.save(out, "PNG", optimize=False)
    return out.getvalue()


def photo(words: str) -> bytes:
    """Draw what a telephone would have seen: a desk, something on it, and that all of it is invented."""
    seen = Image.new("RGB", (1200, 900), "#c9c2b4")
    draw = ImageDraw.Draw(seen)
    draw.rectangle((0, 520, 1200, 900), fill="#8d6f4f")
    draw.polygon([(380, 470), (820, 450), (900, 740), (330, 770)], fill="#fbfaf5", outline="#55524a")
    for line in range(6):
        draw.line((440, 530 + 34 * line, 800, 522 + 34 * line), fill="#9a978f", width=4)
    draw.text((40, 40), f"架空の写真：{words}", font=_font(34), fill="#2b2a27")
    out = BytesIO()
    seen.save(out, "JPEG", quality=80)
    return out.getvalue()


def sheet(about: About, table: Table) -> bytes:
    """Write a workbook."""
    return write_xlsx(table[0], table[1], title=f"{about.title}（架空）", sheet_name="記録", locale="ja")


def listed(about: About, table: Table) -> bytes:
    """Write a list for Excel."""
    heads, rows = table
    return write_csv(["日付", *heads], [[about.day, *row] for row in rows])


def text(about: About, table: Table) -> bytes:
    """Write plain text."""
    rows = ["　".join(str(cell) for cell in row) for row in table[1]]
    return ("\n".join([about.title, *_lines(about), "", *rows]) + "\n").encode()


FORMS: dict[str, tuple[tuple[str, Callable[[About, Table], bytes]], ...]] = {
    "paper": (("pdf", paper),),
    "scan": (("pdf", scan),),
    "both": (("pdf", scan), ("xlsx", sheet)),
    "xlsx": (("xlsx", sheet),),
    "png": (("png", screen),),
    "csv": (("csv", listed),),
    "txt": (("txt", text),),
    "link": (),
}


def _draw_table(
    draw: ImageDraw.ImageDraw, table: Table, at: tuple[int, int], size: tuple[int, int], points: int, ink: int
) -> None:
    """Draw a table of lines; `size` is its width and the height of a row."""
    heads, rows = table
    (left, top), (width, height) = at, size
    room = (PAGE[1] - 300 if draw.im.size == PAGE else SCREEN[1] - 40) - top
    shown: list[list[object]] = [list(heads), *rows]
    shown = shown[: room // height]
    for number, row in enumerate(shown):
        y = top + number * height
        draw.line((left, y, left + width, y), fill=ink, width=2 if number < 2 else 1)
        for place, cell in enumerate(row):
            spot = (left + 12 + place * width // 3, y + height // 2 - points // 2 - 4)
            draw.text(spot, str(cell), font=_font(points), fill=ink)
    bottom = top + len(shown) * height
    draw.line((left, bottom, left + width, bottom), fill=ink, width=2)


@cache
def _font(points: int) -> ImageFont.FreeTypeFont:
    """Give the font that the papers are set in, in dots."""
    return ImageFont.truetype(str(pdf.font_file()), points)
