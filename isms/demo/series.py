"""Which evidence comes again and again, as a federation's year brings it. All of it is invented."""

from typing import NamedTuple


class Series(NamedTuple):
    """Evidence that comes every year, or more often: `months` of each year, `keys` of the 2022 edition."""

    months: tuple[int, ...]
    department: str
    form: str  # paper, scan, xlsx, png, csv, txt, both (scan and xlsx), link
    content: str  # what stands in it, see files.ROWS
    title: str  # with {year} 令和8年度, {month} 6月分, {half} 上期, {edition} 第6版
    keys: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Give the kind of evidence."""
        kinds = {"paper": "document", "png": "screen", "csv": "log", "link": "link"}
        return kinds.get(self.form, "record")


class Ending(NamedTuple):
    """Evidence whose last one ends near today: `left` days from now, gone by when negative."""

    left: int
    series: Series
    waiting: int = 0  # the next one was recorded so many days ago and waits for its review
    returned: bool = False  # the next one was returned


def _series(text: str) -> Series:
    months, department, form, content, title, keys = (part.strip() for part in text.split("|"))
    return Series(tuple(int(month) for month in months.split()), department, form, content, title, tuple(keys.split()))


# months | department | form | content | title | controls and clauses
REGULAR = tuple(
    map(
        _series,
        """
4 | 010 | paper | rules | 情報セキュリティ基本方針 {edition} | A.5.1 A.5.4 5.1 5.2 7.5.2
4 | 010 | scan | rules | 情報セキュリティ体制表 {year} | A.5.2 A.5.3 5.3 7.1
4 | 010 | both | minutes | 課題と目標 {year} | 6.2 4.1 4.2 6.1.1
5 | 010 | scan | rules | 適用範囲定義書 {year} | 4.3 4.4 7.5.1
5 | 030 | xlsx | risks | リスクアセスメント結果 {year} | 6.1.2 8.2 6.1.3
6 | 030 | xlsx | risks | リスク対応計画 進捗 {year} | 8.3 6.1.3 6.3
4 10 | 030 | xlsx | access | アクセス権 棚卸し {year} {half} | A.5.15 A.5.16 A.5.18 A.8.3
4 10 | 030 | csv | access | 特権利用者の一覧 {year} {half} | A.8.2 A.8.18 A.5.17
1 4 7 10 | 010 | csv | entry | 入退室記録 {month} | A.7.1 A.7.2 A.7.3
1 4 7 10 | 030 | both | patches | 脆弱性対応記録 {month} | A.8.8 A.8.19 8.1
2 5 8 11 | 030 | png | screens | ウイルス対策ソフト 適用状況 {month} | A.8.7 A.8.1
7 | 010 | both | minutes | 全体研修 資料・アンケート {year} | 7.2 7.3
9 | 120 | paper | audit | 内部監査 報告書 {year} | 9.2.1 9.2.2 A.5.36
11 | 040 | both | checks | クロスチェック 結果 {year} | A.5.36 A.7.7 A.7.6 9.1
6 12 | 050 | scan | checks | 日常点検 まとめ {year} {half} | A.7.7 A.5.10 A.5.37 9.1
8 | 010 | scan | minutes | 幹部会議 議事録（情報セキュリティ） {year} | A.5.4 7.4 10.1
3 | 020 | xlsx | results | 目標の達成状況 {year} | 9.1 10.1 6.2
6 | 120 | xlsx | results | 是正処置 一覧 {year} | 10.2 A.5.27
5 | 010 | scan | contacts | 緊急連絡先 確認票 {year} | A.5.5 A.5.6 A.5.24
6 | 020 | xlsx | risks | 更改計画のセキュリティ確認票 {year} | A.5.8 A.8.26 A.8.27
4 | 010 | scan | checks | 退職・異動時 返却確認票 {year} | A.5.11 A.6.5
6 | 010 | scan | rules | 情報の区分と表示 取扱要領 {edition} | A.5.12 A.5.13 7.5.3
9 | 040 | xlsx | transfers | 保険者との受渡し記録 {year} | A.5.14 A.7.10
5 | 020 | both | vendors | 委託先 点検票 {year} | A.5.19 A.5.20 A.5.22
7 | 030 | scan | checks | 事故対応手順 読合せ記録 {year} | A.5.25 A.5.26 A.5.28
11 | 010 | scan | rules | 法令等 一覧の確認 {year} | A.5.31 A.5.34
8 | 030 | csv | licenses | ソフトウェア使用許諾 突合結果 {year} | A.5.32 A.8.19
5 | 050 | scan | disposals | レセプト保管・破棄 記録 {year} | A.5.33 A.8.10
4 | 010 | scan | contacts | 新任者 誓約書の提出状況 {year} | A.6.1 A.6.2 A.6.6
6 | 010 | scan | rules | 就業規則 懲戒規定の写し {year} | A.6.4
9 | 030 | paper | rules | リモートワーク管理マニュアル {edition} | A.6.7 A.7.9
10 | 010 | txt | reports | ひやり事例 届出の集計 {year} | A.6.8 A.5.27
7 | 030 | png | screens | 機器の配置図と現況 {year} | A.7.8 A.7.12
5 11 | 030 | scan | checks | 無停電電源装置 点検記録 {year} {half} | A.7.11 A.8.14
12 | 030 | both | disposals | 記憶装置 消去証明 {year} | A.7.14 A.8.10
7 | 030 | xlsx | access | 業務端末の標準設定 点検 {year} | A.8.1 A.8.9 A.8.5
10 | 030 | png | screens | 容量・負荷の監視画面 {year} | A.8.6
6 | 030 | scan | rules | ネットワーク構成図 確認記録 {year} | A.8.20 A.8.21 A.8.22
8 | 030 | png | screens | 暗号化の設定状況 {year} | A.8.24
12 | 030 | both | tests | 受入試験 結果（独自システム改修） {year} | A.8.29 A.8.30 A.8.32
9 | 030 | link | rules | 手順書の置き場 {year} | A.5.37 7.5.3
2 | 010 | scan | contacts | 秘密保持契約 一覧の確認 {year} | A.6.6 A.5.20
1 | 090 | scan | checks | 特定健診データ 持出し点検 {year} | A.7.10 A.7.9
2 | 100 | scan | checks | 介護保険審査 書庫点検 {year} | A.7.3 A.5.33
11 | 110 | scan | checks | 支払データ 二者確認の記録 {year} | A.5.3 A.8.32
""".strip().splitlines(),
    )
)


def _ending(text: str) -> Ending:
    left, waiting, rest = text.split("|", 2)
    days = waiting.strip()
    return Ending(int(left), _series(f" 1 | {rest}"), int(days.removeprefix("R") or 0), days.startswith("R"))


# days left | days since the next one was recorded (R: it was returned) | department | form | content | title | controls
ENDING = tuple(
    map(
        _ending,
        """
12 | 0 | 030 | xlsx | licenses | 情報資産台帳 棚卸し結果 {year} | A.5.9
21 | 0 | 030 | both | vendors | クラウドサービス評価票 {year} | A.5.23
17 | 0 | 040 | scan | tests | 業務継続計画 机上訓練の記録 {year} | A.5.29
6 | 0 | 010 | both | results | 全体研修 出席簿・理解度チェック 結果 {year} | A.6.3
26 | 0 | 010 | scan | checks | 消防設備・防災用品 点検結果 {year} | A.7.5
9 | 0 | 030 | scan | checks | サーバ・空調 保守点検報告 {year} | A.7.13
4 | 2 | 030 | both | tests | バックアップ復元試験 結果 {year} | A.8.13
28 | 0 | 030 | csv | entry | 操作記録の確認結果 {year} | A.8.15
15 | 0 | 030 | png | screens | 時刻同期の設定画面 {year} | A.8.17
24 | 0 | 010 | paper | minutes | マネジメントレビュー 議事録 {year} | 9.3.1 9.3.2 9.3.3
-10 | 3 | 030 | txt | reports | 脅威情報 収集記録 {year} | A.5.7
-26 | 0 | 030 | scan | vendors | 再委託先・調達先 点検票 {year} | A.5.21
-2 | 0 | 030 | scan | tests | システム復旧 机上訓練の報告書 {year} | A.5.30
-19 | R5 | 120 | scan | audit | 独立したレビューの報告 {year} | A.5.35
""".strip().splitlines(),
    )
)
# evidence for the first time: it waits for its review
FIRST = _series("1 | 010 | png | screens | 書庫・サーバ室 録画装置の画面 {year} | A.7.4")
# a screen with names of people in it: destroyed by two people, so nothing proves the control
WRONG = _series("1 | 030 | png | screens | 外部送信の制限 設定画面 {year} | A.8.12")
