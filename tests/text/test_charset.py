"""Bytes become the text that a person would read, whatever charset they are in."""

import re
from pathlib import Path

import pytest

from mistral_rag.text import decode_text, read_text

CASES = Path(__file__).parents[2] / "../shared/cases/reading/encodings"

TEXTS = {
    "de": "Die Prüfung der Bücher kostet höchstens 80 Euro. Größere Beträge muß die Geschäftsführung genehmigen.",
    "fr": "Les congés payés sont réglés à l'échéance. Le délai est dépassé, où que l'employé se trouve déjà.",
    "es": "El año pasado, la compañía pagó más impuestos. ¿Cuándo se publicará el próximo informe técnico?",
    "pl": "Pracownik ma prawo do dwudziestu sześciu dni urlopu. Wynagrodzenie wypłaca się co miesiąc, również tym.",
    "cs": "Zaměstnanec má nárok na dvacet pět dní dovolené. Žádost se podává předem, nejpozději týden před nástupem.",
    "hu": "A munkavállaló húsz nap szabadságra jogosult. A bért a hónap tizedikéig kell fizetni, késedelem nélkül.",
    "ru": "Сотрудник имеет право на двадцать восемь дней отпуска. Зарплата выплачивается десятого числа.",
    "uk": "Працівник має право на двадцять чотири дні відпустки. Її надають щороку, якщо є згода керівника.",
    "bg": "Служителят има право на двадесет дни отпуск. Заплатата се изплаща всеки месец по банков път.",
    "el": "Ο εργαζόμενος δικαιούται είκοσι ημέρες άδειας τον χρόνο. Ο μισθός καταβάλλεται κάθε μήνα.",
    "tr": "Çalışanın yılda yirmi gün izin hakkı vardır. Ücret her ayın onunda ödenir; gecikirse şirket sorumludur.",
    "he": "העובד זכאי לעשרים ימי חופשה בשנה. השכר משולם בעשירי לכל חודש.",
    "ar": "يحق للموظف عشرون يوما من الإجازة في السنة. يدفع الراتب في اليوم العاشر من كل شهر.",
    "lt": "Darbuotojas turi teisę į dvidešimt dienų atostogų. Atlyginimas mokamas kiekvieną mėnesį, šeštąją dieną.",
    "th": "พนักงานมีสิทธิลาพักร้อนยี่สิบวันต่อปี เงินเดือนจ่ายทุกวันที่สิบของเดือน",
    "ja": "従業員は年に二十日の有給休暇を取得できます。給与は毎月二十五日に支払われます。",
    "zh": "员工每年享有十天带薪年假。工资于每月十日发放。",
    "tw": "員工每年享有十天帶薪年假。工資於每月十日發放。",
    "ko": "직원은 일 년에 이십 일의 유급 휴가를 받습니다. 급여는 매월 십일에 지급됩니다.",
}
CHARSETS = {
    "cp1252": "de fr es",
    "iso8859-15": "de fr es",
    "cp850": "de fr",
    "mac-roman": "de fr",
    "cp1250": "pl cs hu",
    "iso8859-2": "pl cs hu",
    "cp1251": "ru uk bg",
    "koi8-r": "ru",
    "koi8-u": "uk",
    "iso8859-5": "ru bg",
    "cp866": "ru",
    "cp1253": "el",
    "iso8859-7": "el",
    "cp1254": "tr",
    "iso8859-9": "tr",
    "cp1255": "he",
    "cp1256": "ar",
    "cp1257": "lt",
    "cp874": "th",
    "shift_jis": "ja",
    "euc_jp": "ja",
    "iso2022_jp": "ja",
    "gbk": "zh",
    "gb18030": "zh",
    "big5": "tw",
    "euc_kr": "ko",
    "utf-8": "de pl ru el he ar ja zh ko th",
}


@pytest.mark.parametrize(("charset", "language"), [(c, one) for c, every in CHARSETS.items() for one in every.split()])
def test_undeclared_charsets_are_known_by_their_letters(charset: str, language: str) -> None:
    assert decode_text(TEXTS[language].encode(charset))[::2] == (TEXTS[language], "")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # what browsers take the label for, not what it says
        ('<meta charset="gb2312"><p>十天带薪年假。镕'.encode("gbk"), "十天带薪年假。镕"),
        ('<meta charset="shift_jis"><p>①髙橋'.encode("cp932"), "①髙橋"),
        ('<meta charset="x-sjis"><p>日本'.encode("cp932"), "日本"),
        ('<meta charset="euc-kr"><p>똠방각하'.encode("cp949"), "똠방각하"),
        ('<meta charset="iso-8859-9"><p>İzin “hakkı”'.encode("cp1254"), "İzin “hakkı”"),
        # seven bits, valid UTF-8
        (b'<meta charset="iso-2022-jp"><p>' + "日本".encode("iso2022_jp"), "日本"),
        # believed, since the content does not say otherwise
        ('<meta charset="koi8-r"><p>Отпуск'.encode("koi8-r"), "Отпуск"),
        # not believed: the content is another
        (f'<meta charset="windows-1251"><p>{TEXTS["ru"]}'.encode(), TEXTS["ru"]),
        (f'<meta charset="windows-1251"><p>{TEXTS["ru"]}'.encode("koi8-r"), TEXTS["ru"]),
        (f'<meta charset="shift_jis"><p>{TEXTS["ja"]}'.encode(), TEXTS["ja"]),
        (f'<meta charset="windows-1253"><p>{TEXTS["el"]}'.encode(), TEXTS["el"]),
        (f'<meta charset="iso-8859-1"><p>{TEXTS["pl"]}'.encode("cp1250"), TEXTS["pl"]),
        (f'<meta charset="no-such"><p>{TEXTS["el"]}'.encode("cp1253"), TEXTS["el"]),
    ],
)
def test_a_declared_charset_is_checked_against_the_content(data: bytes, expected: str) -> None:
    assert decode_text(data, markup=True).text.rpartition(">")[2] == expected


@pytest.mark.parametrize("text", ["Preis: 5,00 €", "Zürich", "Grüße – “so”", "café", "naïve façade", "Ærø", "100 £"])
def test_one_letter_beyond_ascii_is_windows_1252(text: str) -> None:
    assert decode_text(text.encode("cp1252")) == (text, "cp1252", "")


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("請求書", "cp932"),
        ("合計金額", "cp932"),
        ("日本語版", "cp932"),
        ("お知らせ", "euc_jp"),
        ("會議記錄", "big5"),
        ("發票", "big5"),
        ("十天带薪年假", "gbk"),
        ("Windows 版本说明", "gbk"),
        ("연차 휴가", "cp949"),
        ("근로 계약서", "cp949"),
    ],
)
def test_a_few_east_asian_signs_are_known_by_being_everyday_ones(text: str, charset: str) -> None:
    assert decode_text(text.encode(charset))[::2] == (text, "")
    page = f"<html><body><h1>{text}</h1></body></html>"
    assert decode_text(page.encode(charset), markup=True).text == page


@pytest.mark.parametrize(
    ("text", "charset", "read"),
    [
        # Korean syllables are Chinese characters in GBK
        ("급여", "cp949", "급여"),
        ("价格", "gbk", "송목"),
    ],
)
def test_signs_of_several_charsets_are_doubtful(text: str, charset: str, read: str) -> None:
    decoded = decode_text(text.encode(charset))
    assert decoded.text == read
    assert decoded.doubt == "the text may be misread: 3 charsets fit it (cp949 was taken)"


def test_a_charset_that_cannot_be_told_is_doubtful() -> None:
    assert decode_text("合同".encode("gbk")).doubt == (
        "the text may be misread: it is too short to tell its charset (cp1252)"
    )


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("złożenie", "cp1250"),
        ("położenie pliku", "iso8859-2"),
        ("dépôt généré", "cp850"),
        ("Rechnung für Größe Ä–Ü", "cp1252"),
        ("ÄÖÜäöüß", "cp1252"),
        ("«Été» — «Ère»", "cp1252"),
        ("100 ££", "cp1252"),
        ("————————", "cp1252"),
        ("••••", "cp1252"),
        ("строки", "koi8-r"),
        ("СПИСОК ФАЙЛОВ", "cp1251"),
        ("джерело", "koi8-u"),
        ("невозможно", "cp866"),
        ("ΑΛΗΘΕΣ", "iso8859-7"),
        ("ΠΗΓΗ", "cp1253"),
    ],
)
def test_european_words_never_become_east_asian_signs(text: str, charset: str) -> None:
    read = decode_text(text.encode(charset)).text
    assert not re.search("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", read), read


def test_the_euro_sign_of_latin_9_is_known_by_its_neighbours() -> None:
    text = "Der Preis beträgt 5,00 €, für größere Mengen höchstens 4,50 €."
    assert decode_text(text.encode("iso8859-15")).text == text


@pytest.mark.skipif(not CASES.exists(), reason="needs the shared cases")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ru-1251.txt", "двадцать восемь календарных дней отпуска"),
        ("pl-iso2.txt", "dwudziestu sześciu dni urlopu"),
        ("ja-sjis.txt", "二十日の有給休暇"),
        ("zh-gbk.txt", "十天带薪年假"),
        ("zh-gbk.html", "十天带薪年假。镕"),
        ("el-1253.txt", "είκοσι ημέρες"),
    ],
)
def test_foreign_files_are_read(name: str, expected: str) -> None:
    assert expected in read_text(CASES / name, markup=name.endswith("html")).text


@pytest.mark.parametrize(
    ("charset", "language"),
    [
        ("mac-latin2", "pl"),
        ("mac-latin2", "cs"),
        ("cp855", "ru"),
        ("cp737", "el"),
        ("cp869", "el"),
        ("cp857", "tr"),
        ("mac-turkish", "tr"),
        ("cp862", "he"),
        ("johab", "ko"),
        ("cp775", "lt"),
        ("iso8859-13", "lt"),
        ("cp852", "hu"),
        ("mac-cyrillic", "ru"),
        ("hz", "zh"),
    ],
)
def test_charsets_of_old_machines_are_found_by_what_makes_words(charset: str, language: str) -> None:
    assert decode_text(TEXTS[language].encode(charset)).text == TEXTS[language]


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1251", "shift_jis", "big5"])
@pytest.mark.parametrize("language", ["pl", "cs", "el", "ru", "tr", "ja", "zh", "ko", "ar", "th"])
def test_a_wrong_declaration_misleads_nobody(declared: str, language: str) -> None:
    charset = {"ja": "euc_jp", "zh": "gbk", "ko": "euc_kr", "ru": "koi8-r", "th": "cp874"}.get(language)
    charset = charset or {"pl": "cp1250", "cs": "iso8859-2", "el": "cp1253", "tr": "cp1254", "ar": "cp1256"}[language]
    data = f'<meta charset="{declared}"><p>{TEXTS[language]}'.encode(charset)
    assert decode_text(data, markup=True).text.rpartition(">")[2] == TEXTS[language]


@pytest.mark.parametrize(
    ("data", "doubt"),
    [
        ("Grüße aus Köln, schöne Tage dort. ".encode() * 3 + b"\xff\xfe", "2 characters could not be read as utf-8"),
        (b"\xef\xbb\xbfcaf\xe9", "1 character could not be read as utf-8-sig"),
        (
            # Armenian in ARMSCII-8, which Python does not know
            bytes(
                0xB2 + 2 * (ord(char.lower()) - 0x561) + char.islower() if char.isalpha() else ord(char)
                for char in "Աշխատողն ունի քսան օր արձակուրդի իրավունք. Աշխատավարձը վճարվում է ամսի տասին."
                if char < "\u0587"
            ),
            "the text may be misread: its letters do not fit any charset well",
        ),
        (
            "\u0105x\u010dy\u0119z ".encode("iso8859-13") + bytes([0xB0, 0xC3, 0x9D, 0xC1, 0xF0, 0xD9]) * 4,
            "the text may be misread",
        ),
    ],
)
def test_a_text_that_no_charset_fits_is_doubtful(data: bytes, doubt: str) -> None:
    assert decode_text(data).doubt.startswith(doubt)
