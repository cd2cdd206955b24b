"""Pages in scripts other than Latin, and pages whose characters are drawn in unusual ways."""

from collections.abc import Sequence

from benchmarks._reading.make.layouts import Scene
from benchmarks._reading.make.sheets import Sheet

ARABIC = (
    "يحق للموظف ثلاثون يوما من الإجازة السنوية المدفوعة.",
    "لا يجوز نقل الإجازة إلى العام التالي إلا بموافقة المدير.",
    "يبدأ العمل في الساعة 8:30 وينتهي في الساعة 17:00.",
    "المادة (15): الأجر الأساسي 4,250 دينارا (قبل الضريبة).",
    "السلام عليكم والأهلا بالزوار الكرام",
)
HEBREW = (
    "העובד זכאי ל-24 ימי חופשה בשנה.",
    "סעיף (15) קובע כי השכר ישולם עד ה-9 בחודש.",
    "המשרד נמצא ברחוב הרצל 12, תל אביב.",
    "הפגישה תתקיים ביום שלישי בשעה 14:30 (חדר 7).",
)
THAI = (
    "พนักงานมีสิทธิ์ลาพักร้อนปีละ ๑๕ วัน",
    "บริษัทจ่ายค่าจ้างในวันที่ 25 ของทุกเดือน",
    "ผู้จัดการต้องอนุมัติคำขอลาภายในสามวันทำการ",
    "ที่อยู่สำนักงานใหญ่ตั้งอยู่ในกรุงเทพฯ",
    "น้ำดื่มฟรีสำหรับผู้มาเยี่ยมชมทุกคน",
)
JAPANESE = (
    "従業員には年間二十日の有給休暇が与えられる。",
    "勤務時間は午前九時から午後五時半までとする。",
    "東京本社の住所は千代田区丸の内一丁目である。",
    "報告書は毎月二十五日までに提出すること。",
    "「安全第一」を標語とし、事故を防ぐ。",
)
CHINESE = (
    "员工每年享有十五天带薪年假。",
    "工作时间为上午九点至下午五点三十分。",
    "合同总金额为人民币 3,480,000 元（含税）。",
    "甲方应于每月二十五日前支付货款。",
    "第十二条：违约方应赔偿全部损失。",
)
KOREAN = (
    "직원은 매년 15일의 유급 휴가를 받을 수 있습니다.",
    "근무 시간은 오전 9시부터 오후 6시까지입니다.",
    "계약 금액은 총 3,200,000원(부가세 포함)입니다.",
    "보고서는 매월 25일까지 제출해야 합니다.",
)
GREEK = ("Οι εργαζόμενοι δικαιούνται είκοσι ημέρες άδειας.", "Η σύμβαση λήγει στις 31 Μαρτίου 2027.")
RUSSIAN = ("Работник имеет право на 28 дней отпуска.", "Договор № 417 действует до 31 марта 2027 года.")
DEVANAGARI = ("कर्मचारी को वर्ष में पंद्रह दिन की छुट्टी मिलती है।", "कार्यालय सुबह नौ बजे खुलता है।")


def lines(texts: Sequence[str], style: str, *, step: float = 26, left: float = 72, width: float = 460) -> Scene:
    """Sentences below each other, each a paragraph."""

    def build() -> list[Sheet]:
        sheet = Sheet()
        for at, text in enumerate(texts):
            sheet.put(left, 70 + step * at, [text], style=style, width=width)
        return [sheet]

    return build


def vertical(texts: Sequence[str], *, latin: bool = False) -> Scene:
    """Vertical lines from right to left."""

    def build() -> list[Sheet]:
        sheet = Sheet()
        style = "writing-mode:vertical-rl;font-family:'Noto Serif CJK JP';font-size:13pt;line-height:24pt"
        shown = list(texts) + (["会議室は A 棟の 3 階にある。"] if latin else [])
        for at, text in enumerate(shown):
            sheet.put(500 - 34 * at, 70, [text], style=style)
        return [sheet]

    return build


def two_columns(texts: Sequence[str], style: str, *, right_first: bool) -> Scene:
    """Two columns; those of a script that runs from the right begin at the right."""

    def build() -> list[Sheet]:
        sheet = Sheet()
        half = (len(texts) + 1) // 2
        places = (320, 60) if right_first else (60, 320)
        for left, own in zip(places, (texts[:half], texts[half:]), strict=True):
            for at, text in enumerate(own):
                sheet.put(left, 70 + 26 * at, [text], style=style + ";font-size:8.5pt", width=232)
        return [sheet]

    return build


def with_latin(texts: Sequence[str], style: str) -> Scene:
    """The script beside an English column."""
    english = ("Staff have fifteen days of leave.", "Work starts at nine in the morning.", "Wages are paid monthly.")

    def build() -> list[Sheet]:
        sheet = Sheet()
        for at, text in enumerate(english):
            sheet.put(54, 70 + 26 * at, [text])
        for at, text in enumerate(texts[:3]):
            sheet.put(300, 70 + 26 * at, [text], style=style, width=260, ordered=False)
        return [sheet]

    return build


RTL = "direction:rtl;text-align:right;font-size:13pt;line-height:20pt;"
NASKH = RTL + "font-family:'Noto Naskh Arabic'"
HEBREW_FONT = RTL + "font-family:'Noto Sans Hebrew'"

SCENES: dict[str, tuple[str, Scene]] = {
    "scripts-arabic": ("scripts", lines(ARABIC, NASKH)),
    "scripts-arabic-kufi": ("scripts", lines(ARABIC, RTL + "font-family:'Noto Kufi Arabic'")),
    "scripts-arabic-dejavu": ("scripts", lines(ARABIC, RTL + "font-family:'DejaVu Sans'")),
    "scripts-arabic-columns": ("scripts", two_columns(ARABIC[:4], NASKH, right_first=True)),
    "scripts-arabic-beside-english": ("scripts", with_latin(ARABIC, NASKH + ";font-size:10pt")),
    "scripts-hebrew": ("scripts", lines(HEBREW, HEBREW_FONT)),
    "scripts-hebrew-serif": ("scripts", lines(HEBREW, RTL + "font-family:'Noto Serif Hebrew'")),
    "scripts-thai": ("scripts", lines(THAI, "font-family:'Loma';font-size:14pt;line-height:24pt", step=34)),
    "scripts-thai-noto": ("scripts", lines(THAI, "font-family:'Noto Sans Thai';font-size:12pt;line-height:22pt")),
    "scripts-thai-serif": ("scripts", lines(THAI, "font-family:'Norasi';font-size:15pt;line-height:24pt", step=34)),
    "scripts-japanese": ("scripts", lines(JAPANESE, "font-family:'Noto Sans CJK JP';font-size:11pt")),
    "scripts-japanese-vertical": ("scripts", vertical(JAPANESE)),
    "scripts-japanese-vertical-latin": ("scripts", vertical(JAPANESE[:3], latin=True)),
    "scripts-japanese-columns": (
        "scripts", two_columns(JAPANESE[:4], "font-family:'Noto Serif CJK JP'", right_first=False)
    ),
    "scripts-chinese": ("scripts", lines(CHINESE, "font-family:'Noto Sans CJK SC';font-size:11pt")),
    "scripts-chinese-spaced": (
        "scripts", lines(CHINESE, "font-family:'Noto Serif CJK SC';font-size:11pt;letter-spacing:2.5pt")
    ),
    "scripts-korean": ("scripts", lines(KOREAN, "font-family:'Noto Sans CJK KR';font-size:11pt")),
    "scripts-greek-russian": ("scripts", lines((*GREEK, *RUSSIAN), "font-family:'DejaVu Serif'")),
    "scripts-devanagari": ("scripts", lines(DEVANAGARI, "font-family:'Noto Sans Devanagari';font-size:13pt")),
}  # fmt: skip
