"""Which language a document is written in, by its script and its small words."""

import re
from collections import Counter
from collections.abc import Iterable

_SMALL_WORDS = {
    "en": "the of and to in is for that with on as are by this be or which from at was were have not an its",
    "fr": "le la les des et en du une que dans pour qui est sur au par pas plus ce avec sont aux cette ou leur",
    "de": "der die und das den von zu mit ist des im für auf ein nicht eine sich dem als auch werden oder bei wird",
    "es": "el la de que los las y en del se por con para una su al es más como lo sus este esta fue entre",
    "it": "il di che e la per un del della in non sono con è dei una le nel gli alla delle si anche come più",
    "pt": "de que o do da em os no na para com uma não dos por as se ao mais das foi como são pela ou",
    "nl": "de het een van en dat in is op te voor met zijn niet aan er ook door als bij worden deze naar",
    "sv": "och att det som en på är av för med den till inte har de om ett eller från vid kan ska var sig",
    "da": "og at det som en på er af for med den til ikke har de om et eller fra ved kan skal blev sig også",
    "no": "og at det som en på er av for med den til ikke har de om et eller fra ved kan skal ble seg også",
    "fi": "ja on ei että se oli ovat myös tai mutta kun sekä joka mukaan hän sen kuin ole jos",
    "pl": "i w na z do się nie jest że oraz o dla przez po od jak za są który być lub ze które jako",
    "ro": "și de în la cu pe care din pentru este nu sau ale prin sunt cel mai fost un o că al",
    "hu": "a az és hogy nem is egy ez van meg volt csak vagy de már mint amely lehet illetve ezek azt",
    "tr": "ve bir bu ile için olarak da de olan daha en gibi çok sonra kadar göre ise veya tarafından olduğu",
    "ca": "de la i que el en els per les del un amb una al és dels més com ser aquesta o no són",
    "id": "yang dan di untuk dengan dari pada ini dalam adalah tidak ke akan oleh atau sebagai juga dapat itu telah",
}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in set(_words.split()):
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language)

_WORD = re.compile(r"[^\W\d_]+")
_LOOK_AT = 20_000
_FEWEST_WORDS = 20
_LEAST_SHARE = 0.1
_SCRIPT_SHARE = 0.2


def detect_language(texts: Iterable[str]) -> str:
    """The ISO 639-1 code of the language most of the first 20,000 characters are in; empty when unsure."""
    text = _beginning(texts).lower()
    letters = sum(map(str.isalpha, text))
    if not letters:
        return ""
    for language, script in _SCRIPTS:
        if len(script.findall(text)) > _SCRIPT_SHARE * letters:
            return language
    return _by_small_words(_WORD.findall(text))


def _beginning(texts: Iterable[str]) -> str:
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text[: _LOOK_AT - length])
        length += len(parts[-1])
        if length >= _LOOK_AT:
            break
    return "\n".join(parts)


def _by_small_words(words: list[str]) -> str:
    """A word that several languages share counts less for each of them."""
    if len(words) < _FEWEST_WORDS:
        return ""
    score: Counter[str] = Counter()
    for word in words:
        languages = _LANGUAGES_OF.get(word, ())
        for language in languages:
            score[language] += 1 / len(languages)  # type: ignore[assignment]
    if not score:
        return ""
    best, points = score.most_common(1)[0]
    return best if points >= _LEAST_SHARE * len(words) else ""
