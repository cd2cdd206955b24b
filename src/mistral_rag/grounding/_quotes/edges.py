"""Edges of a quote: where a text may be cut without cutting a word, a number, or a sign from what it belongs to.

An edge is looked at with some characters on both sides of it. A joint is a pair of patterns, for the end of what
stands before the edge and for the beginning of what stands behind it; where both match, the text is not cut there.
"""

import re
import unicodedata

_WINDOW = 48
"""Characters on each side: a number with its signs is shorter."""
_LINE = 200
"""Characters on each side in which a line is searched for check boxes."""
_CURRENCY = "[$¢-¥฿₠-⃀＄￠￡￥￦]"
_CODE = r"""(?:
    USD|EUR|GBP|CHF|JPY|INR|CNY|CAD|AUD|BRL|PLN|SEK|NOK|DKK|CZK|HUF|RON|BGN|ISK|RUB|UAH|TRY|ILS|ZAR|MXN|ARS|CLP|COP
  | NZD|HKD|SGD|KRW|THB|IDR|MYR|PHP|TWD|VND|AED|SAR|QAR|KWD|EGP|NGN|KES|PKR|BDT|LKR|RMB|BTC|ETH
  | [Kk]r\.?|Rs\.?|Rp\.?|zł|zl|Kč|Ft|S?Fr\.|Skr|Nkr|Dkr|CR|DR|лв\.?|руб\.?)"""
_DASH = "[-‐‑‒–—―−﹘﹣－˗⁒➖]"
_RELATION = "[~˜～<>±+×÷Δ¬=⇐-⇔∀-∖√-⋃⋇-⋿⟀-⟯⦀-⫿]"
"""Signs of mathematics, but those that are bullets as well (∗ ∘ ∙ ⋄ ⋅ ⋆)."""
_MARK = r"(?:[▲△▼▽↑↓↗↘⬆⬇⇧⇩☐☑☒☓✓✔✗✘✕✖❌✅🗹🗷🗵⊠⊡]|\[[^\S\n]{0,3}[xX✓✔*-]?[^\S\n]{0,3}\]|_[xX]_)"
_BOX = re.compile(
    r"[□■◻◼▢▣⬜⬛○●◯◉◎⚪⚫🔘◆◇★☆⊠⊡\uf0fe\uf0fd\uf0a8\uf06f\uf078\uf071]"
    r"|(?<!\w)(?:\([^\S\n]{0,3}[xXoO*]?[^\S\n]{0,3}\)|\{[^\S\n]?[xX]?[^\S\n]?\}|<[^\S\n]?[xX]?[^\S\n]?>)"
)
"""Check boxes by the company they keep: alone they are bullets, and "(x)" is the tenth item of a list."""
_GAP = r"[^\S\n]{0,3}"
_NUMBER = r"\.?\d[\d.,'’]*"
_BEFORE_NUMBER = rf"\(?{_GAP}(?:{_CURRENCY}|{_CODE})?{_GAP}[-−]?\.?\d"
_LINE_END = r"[^\S\n]{0,3}\n\s{0,8}"
_GROUPING_BLANK = "[\u00a0\u2009\u202f]"
_ANY_BLANK = "[\u0020\u00a0\u2009\u202f]"
_TO = "(?:to|or|through|bis|oder|à|ou|hasta|tot|of|do)"
_SOFT = "[\u00ad\u200c\u200d\u2060\ufeff]"
_SCALE = r"""
    percent|per\s?cent|percentage|prozent|pour\s?cent|por\s?ciento|por\s?cento|per\s?cento|procent|basis|points?
  | thousands?|millions?|billions?|trillions?|hundreds?|dozens?|tausend|millionen|milliarden?|milliards?|mille|mil
  | mill[oó]n(?:es)?|milh(?:ão|ões)|bilh(?:ão|ões)|milion[ei]|miliard[oi]|miljoen|miljard|duizend|lakhs?|crores?
  | тыс|млн|млрд|трлн|тысяч|миллион(?:а|ов)?|миллиард(?:а|ов)?
  | dollars?|euros?|pounds?|cents?|francs?|franken|rupees?|yen|yuan|pesos?|roubles?|rubles?|dinars?|crowns?|lei
  | times|fold|quarters?|decades?|years?|months?|weeks?|days?|hours?|minutes?|seconds?
  | jahren?|monaten?|wochen?|tagen?|stunden?|minuten
  | années?|ans|mois|semaines?|jours?|heures?|años?|mes(?:es)?|semanas?|d[ií]as?|horas?|ann[io]|mes[ei]
  | settiman[ae]|giorn[io]|anos?|jaar|jaren|maand(?:en)?|we(?:ek|ken)|dag(?:en)?|uur|lata?|miesi[ąę]c\w*|dni"""
"""Words for the scale of a number, for money and for time; they also stand on the next line."""
_UNIT = rf"""(?i:{_SCALE}
  | bps?|pp|k|m|bn|mn|tn|mio|mrd|mld|tsd|lac
  | mcg|[µμu]g|ng|mg|kg|g|t|lbs?|oz|[µμn]m|mm|cm|dm|km|ft|feet|foot|inch(?:es)?|yds?|yards?|miles?|mi
  | [mck]?m[23²³]|ha|hectares?|acres?|sq|ml|cl|dl|hl|l|[µμ]l|gal|bbl|barrels?
  | tons?|tonnes?|grams?|lit(?:er|re)s?|met(?:er|re)s?
  | [kmgt]?wh?|[kmgt]?j|k?cal|[kmh]?pa|m?bar|psi|atm|[km]?v|ma|[kmg]?hz|k?va|[km]?n|db|[mµμ]?mol|pp[mb]|rpm|mph
  | kph|i[ue]|ui
  | [kmgt]i?b|[kmg]bit|bits?|bytes?|h|min|sec|s|ms|k|x|[ap]\.?m|bce?|°|degrees?)(?![^\W_])
  | (?i:in|yr|yrs|mo|hr|hrs)\.(?!\w) | [万億兆円元억만원]"""
_ABOUT = r"""(?i:
    within|before|after|since|until|till|half\sof|twice|double|vor|nach|seit|avant|après|depuis
  | ca|approx|c(?=\.)|circa|approximately|about|around|roughly|nearly|almost|some|up\sto|at\s(?:least|most)|minus|plus
  | over|under|below|above|(?:more|less|fewer|greater|lower|higher|other)\sthan
  | (?:maximum|minimum)(?:\sof)?|max|min
  | rund|etwa|ungefähr|zirka|knapp|fast|bis(?:\szu)?|mindestens|höchstens|maximal|minimal|über|unter
  | (?:mehr|weniger)\sals
  | environ|près\sde|jusqu['’]à|au\s(?:plus|moins)|(?:plus|moins)\sde
  | cerca\sde|alrededor\sde|aproximadamente|hasta|(?:más|menos|mais)\sde|al\smenos|como\smáximo|até|pelo\smenos
  | fino\sa|almeno|(?:più|meno)\sdi|quasi|ongeveer|tot|minstens|hoogstens|(?:meer|minder)\sdan
  | około|ok|ponad|co\snajmniej|cirka|omkring|около|до|более|менее|свыше|noin)\.?"""
"""Words before a number that make it another: "about", "up to", "at least"."""


def _joint(before: str, behind: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(rf"(?:{before})\Z", re.VERBOSE), re.compile(behind, re.VERBOSE)


_GLUED = (
    _joint("[^\\W_]['’]", "[^\\W_]"),  # can't, company's
    _joint("[^\\W_]", "['’][^\\W_]"),
    _joint(f"[^\\W_]{_SOFT}", "[^\\W_]"),  # im-possible, with a hyphen that nobody sees
    _joint("[^\\W_]", f"{_SOFT}[^\\W_]"),
    _joint("(?:[^\\W_]|[)\\]])/[(\\[]?", "[^\\W_]|[(\\[]"),  # km/h, Yes/No, (loss)/income
    _joint("[^\\W_]|[)\\]]", "[)\\]]?/(?:[^\\W_]|[(\\[])"),
    _joint("(?<!\\w)[A-Z]{1,3}", "[-‐‑−+\\#](?![-–—\\w])"),  # grade A-, C#
    _joint("(?<!\\S)!", "[^\\W_]"),  # !A
    _joint("[^\\W_][-‐‑]", "[^\\W_]"),  # long-term, F-12
    _joint(f"[^\\W_][-‐‑]{_LINE_END}", "[^\\W\\d_]"),
    _joint("[^\\W_]", f"[-‐‑][^\\W_]|[-‐‑]{_LINE_END}[^\\W\\d_]"),
    _joint("\\d[.,:/]|(?<!\\S)[.,]", "\\d"),  # 5,000 and .5
    _joint("\\d", f"[.,:/]\\d|{_DASH}\\d|[-−](?!\\w)"),  # 2021–2022 and 500-
    _joint(f"\\d{_GROUPING_BLANK}", "\\d{3}(?!\\d)"),
    _joint("\\d", f"{_GROUPING_BLANK}\\d{{3}}(?!\\d)"),
    _joint(f"{_RELATION}|[−§]|\\#", "\\S"),  # ~half, ≤LOD
    _joint("(?<!\\d)(?<!\\d\\s)%", "\\d"),  # %60
    _joint("[^\\W_]\\^", "\\S"),  # 2^10
    _joint("[^\\W_]", "\\^\\S"),
    _joint("[A-Z]", f"{_CURRENCY}{_GAP}\\d"),  # US$5
    _joint("\\d", _CURRENCY),
)
"""Joints of characters without a blank between them, but a line end behind a hyphen."""

_SPACED = (
    _joint(_DASH, _BEFORE_NUMBER),  # - 500
    _joint(f"{_RELATION}|§", _BEFORE_NUMBER),
    _joint("\\d%?", "[±∓×÷]\\s?\\d"),  # 5 ± 2
    _joint("\\d\\s?x", "\\d"),  # 3 x 4
    _joint(f"(?<!\\d){_CURRENCY}|\\b{_CODE}", f"\\(?{_GAP}[-−]?{_GAP}\\.?\\d"),  # $ 500
    _joint(f"(?<![\\d.)])(?<![\\d.)]\\s){_CURRENCY}", "[^\\W\\d_]"),  # $ and shares in millions
    _joint("\\d", f"{_CODE}\\b|{_CURRENCY}(?!{_GAP}[-−(]?{_GAP}\\.?\\d)"),  # 500 €, but not the 5 of "5 $ 6"
    _joint(f"[(\\[]{_GAP}{_CURRENCY}?", f"{_CURRENCY}?{_GAP}{_NUMBER}{_GAP}[%‰]?{_GAP}[)\\]]"),  # (500)
    _joint(f"[(\\[]{_GAP}{_CURRENCY}?{_GAP}{_NUMBER}{_GAP}[%‰]?", "[)\\]]"),
    _joint("[\\d)]", "[%‰‱°℃℉]"),  # 60 %
    _joint("\\d", _UNIT),  # 5 million
    _joint("\\d", "\\((?:in|en|em)\\s"),  # 5 (in millions)
    _joint(f"\\d{_GAP}[^\\W\\d_]{{1,12}}", "(?:per|pro|je|par|por)\\s"),  # 5 euros per day
    _joint("(?i:percentage|basis)", "(?i:points?)"),
    _joint(f"(?<![\\d.,])[1-9]\\d{{0,2}}(?:{_ANY_BLANK}\\d{{3}})*", "\\d{3}(?!\\d)"),  # 5 000
    _joint("\\d", f"of\\s\\d|{_TO}\\s{_CURRENCY}?\\d|and\\sa\\shalf|[¼-¾⅐-⅞]|\\d/\\d|[′″]"),  # 5 of 500, 5 to 10, 5 ½
    _joint(f"\\d\\s?%?\\s?{_TO}|\\b(?i:between|zwischen|entre)\\s\\S{{1,12}}\\s(?i:and|und|et|y|e)", _BEFORE_NUMBER),
    _joint("(?:\\b(?i:one)\\s(?:in|of|out\\sof)|\\d\\s(?:of|out\\sof))", "\\d"),
    _joint(_MARK, "\\S"),  # ☒ Yes, and Yes ☒
    _joint("[^\\s.!?:;]", _MARK),
)
"""Joints of characters on one line, with or without blanks between them."""

_WRAPPED = (
    _joint(f"\\b{_ABOUT}", _BEFORE_NUMBER),  # up to 5
    _joint("\\d", f"(?:{_SCALE})\\b"),  # in small letters: "2024" and "Months ended" are rows of a table
)
"""Joints of words that belong together over the end of a line as well."""


_AMOUNT = re.compile(
    rf"""(?:{_CURRENCY}|\b{_CODE}){_GAP}{_NUMBER} | {_NUMBER}{_GAP}(?:[%‰]|{_CURRENCY}|{_CODE}\b|{_UNIT})
       | \d[\d.,'’]*[.,'’]\d+""",
    re.VERBOSE,
)
"""A number with its unit, or one that is written with separators."""


def without_amounts(title: str) -> str:
    """The title of a document as far as statements may rest on it: names, years and numbers that name something.

    An amount in a title stands in no quote, and whoever named the file may have written it.
    """
    return _AMOUNT.sub(" ", title)


def cuts(text: str, start: int, end: int) -> bool:
    """True when ``text[start:end]`` begins or ends inside a word or number, or leaves out a sign or unit of it."""
    return cuts_at(text, start) or cuts_at(text, end)


def cuts_at(text: str, at: int) -> bool:
    """True when the characters around an offset belong together."""
    before, behind = text[max(0, at - _WINDOW) : at], text[at : at + _WINDOW]
    if not before or not behind:
        return False
    if _is_letter(behind[0]) and (_is_letter(before[-1]) or unicodedata.category(behind[0])[0] == "M"):
        return True
    if any(left.search(before) and right.match(behind) for left, right in _GLUED):
        return True
    before, behind = before.rstrip(" \t\u00a0\u2009\u202f"), behind.lstrip(" \t\u00a0\u2009\u202f")
    if any(left.search(before) and right.match(behind) for left, right in _SPACED) or _leaves_box(text, at):
        return True
    before, behind = before.rstrip(), behind.lstrip()
    return any(left.search(before) and right.match(behind) for left, right in _WRAPPED)


def _leaves_box(text: str, at: int) -> bool:
    """True when an edge parts a word from a check box: boxes of different looks stand on its line."""
    start = max(text.rfind("\n", 0, at) + 1, at - _LINE)
    end = text.find("\n", at, at + _LINE)
    boxes = list(_BOX.finditer(text, start, end if end >= 0 else at + _LINE))
    if len({"".join(box[0].split()) for box in boxes}) < 2:
        return False
    before, behind = text[start:at].rstrip(), text[at : at + _WINDOW].lstrip()
    behind_box = any(box.end() == start + len(before) for box in boxes)
    before_box = any(box.start() == at + len(text[at : at + _WINDOW]) - len(behind) for box in boxes)
    return behind_box or (before_box and before[-1:] not in ".!?:;")


def _is_letter(char: str) -> bool:
    """True for letters, digits, and marks that belong to a letter."""
    return char.isalnum() or unicodedata.category(char)[0] == "M"
