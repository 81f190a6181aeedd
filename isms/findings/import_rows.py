"""How a ledger of findings is read: its headers, and the words of its cells."""

from isms.findings.words import GRADES, SOURCES, STEPS

HEADERS: dict[str, tuple[str, ...]] = {
    "ref": ("番号", "指摘番号", "ref", "number"),
    "grade": ("区分", "重大度", "grade"),
    "title": ("件名", "指摘事項", "title"),
    "description": ("内容", "指摘内容", "description"),
    "source": ("見つかった場", "出所", "source"),
    "department": ("部署", "所管部署", "department"),
    "controls": ("管理策", "管理策番号", "controls", "control"),
    "edition": ("版", "規格の版", "edition"),
    "opened_on": ("発見日", "指摘日", "opened_on"),
    "due": ("期限", "回答の期限", "due"),
    "history": ("経過", "history"),
    "closed_on": ("完了日", "closed_on"),
    "closing": ("完了の内容", "是正内容", "closing"),
}
REQUIRED = ("grade", "title", "controls", "opened_on")
GRADES_READ = {
    **{name: name for name in GRADES},
    **dict.fromkeys(("重大な不適合", "重大", "重大不適合"), "major"),
    **dict.fromkeys(("軽微な不適合", "軽微", "軽微不適合"), "minor"),
    **dict.fromkeys(("観察事項", "観察"), "observation"),
    **dict.fromkeys(("改善の機会", "改善"), "improvement"),
}
SOURCES_READ = {
    **{name: name for name in SOURCES},
    "自らの気づき": "own",
    "内部監査": "internal_audit",
    "外部審査": "external_audit",
    "クロスチェック": "crosscheck",
    "日常点検": "daily_check",
    "訓練": "drill",
    "事故": "incident",
}
# the column of steps: their words, and what stands in brackets
STEPS_READ = {
    **{name: name for name in STEPS},
    "回答": "reply",
    "修正": "correction",
    "原因": "cause",
    "是正処置の計画": "action",
    "是正処置の実施": "action_done",
    "有効性の確認": "effectiveness",
    "完了": "closed",
    "再開": "reopened",
}
DETAILS_READ = {"担当": "owner", "期限": "due", "差し替え": "replaces"}
GOOD_READ = {"効果あり": True, "effective": True, "効果なし": False, "not effective": False}
