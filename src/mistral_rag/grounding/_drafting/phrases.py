"""Sentences of a reply that state no fact: what leads from one statement to the next, and "I don't know".

The lists hold English, German, French, Spanish, Italian, Dutch, Portuguese and Polish; "I don't know" also other large
languages. A phrase that is in no list is a fact, which needs a source: the error on the safe side.
"""

import re
from functools import cache
from typing import Final

from mistral_rag.text import content_words, numbers

_JOINING: Final = frozenset(
    """
    also and but so then thus hence therefore moreover furthermore additionally besides similarly likewise conversely
    however nevertheless nonetheless instead finally lastly overall altogether summary conclusion conclude short brief
    details detail example instance note notes answer answers result results overview background context sources source
    evidence documents document here there following follows below above is are was the this that these those as it in
    to of for on a an by yes no correct right indeed sure certainly of course based according let me see key points
    point main findings finding first firstly second secondly third thirdly next other another hand summarize sum
    einerseits andererseits auch und aber also dann daher deshalb außerdem zudem ferner jedoch schließlich insgesamt
    zusammenfassung zusammenfassend kurz fazit beispiel hinweis antwort ergebnis überblick hier folgende folgendes
    folgenden dokumente dokumenten quelle quellen ist sind das die der dies im in zu ja nein richtig genau laut erstens
    zweitens drittens zunächst weiter weiterhin ebenso details
    aussi et mais donc alors ensuite enfin cependant toutefois néanmoins ainsi résumé conclusion bref réponse voici
    suivant suivants suivante suivantes documents source sources est sont le la les oui non en selon de plus par
    ailleurs
    premièrement deuxièmement exemple détails
    también y pero entonces luego además finalmente resumen conclusión respuesta ejemplo aquí siguiente siguientes
    documentos fuente fuentes es son el los las sí no según por lo tanto sin embargo primero segundo en detalles
    anche e ma quindi poi inoltre infine tuttavia riassunto conclusione risposta ecco seguenti documenti fonte fonti sì
    ook en maar dus dan bovendien ten slotte echter samenvatting conclusie antwoord hier volgende documenten bron ja nee
    também mas então além disso finalmente contudo resumo conclusão resposta aqui seguintes documentos fonte sim não
    także oraz ale więc zatem ponadto wreszcie jednak podsumowanie wniosek odpowiedź oto następujące tak nie
    """.split()  # noqa: SIM905 (reads better)
)
"""Words of lead-ins, headings and bare yes and no: a sentence of these alone says nothing that a page could back."""
_COURTESY: Final = re.compile(
    r"\b(?:let me know if|(?:i )?hope (?:this|that) helps|feel free to|happy to help|you(?:['’]re| are) welcome"
    r"|do you (?:want|need)|would you like|is there anything else"
    r"|ich hoffe,? (?:das|dies) hilft|gerne? (?:helfe|beantworte)|lassen sie (?:es )?mich wissen|melden sie sich"
    r"|n['’]hésitez pas|j['’]espère que (?:cela|ça)|espero que (?:esto|te|le)|no dudes? en|non esitare|laat (?:het"
    r" )?me weten"
    r"|espero ter ajudado|daj(?:cie)? znać)\b",
    re.IGNORECASE,
)
_DECLINES: Final = re.compile(
    r"""\bI\s(?:(?:really|honestly|simply)\s)?(?:do\snot|don['’]?t|can\s?not|can['’]?t|could\snot|couldn['’]?t)\s
          (?:have\s(?:\w+\s){0,3}(?:information|data|knowledge|answer|context)|know|say|tell|answer|find|determine|see|provide|confirm)
      | \bI(?:\sam|['’]m)\s(?:not\s(?:sure|certain|aware|able)|unable|unsure|afraid)
      | \bI\shave\s(?:no\s(?:idea|information|data|knowledge|answer)|not\s(?:found|seen))
      | ^\W*(?:no\s(?:idea|clue|answer|information|data|such\sinformation)|don['’]?t\sknow|dunno|unknown
        |not\s(?:known|found
          |stated|available|specified|mentioned|sure)|unclear|unanswerable|n/?a|idk)\b
      | \b(?:evidence|documents?|context|text|sources?|passages?|excerpts?|information|pages?|data|report|they|it
        |there)\b
        [^.]{0,60}\b(?:(?:do|does|did|is|are|was|were|has|have|can|could)\s?(?:not|n['’]t)|cannot|no|nothing|never|fails?\sto)\b
        [^.]{0,40}\b(?:contain|say|state|mention|specif\w+|provide|include|answer|address|name|give|indicate|cover|disclose
          |describe|discuss|show|tell|found|available|information|known|clear|enough|sufficient|refer)
      | \bno\s(?:\w+\s){0,2}(?:information|mention|evidence|indication|details?|data|reference)\b[^.]{0,60}
        \b(?:about|on|of|regarding|for|in|is|was|that|available|found)\b
      | \b(?:not|n['’]t)\s(?:\w+\s){0,2}(?:mentioned|stated|specified|provided|given|found|available|contained
        |included|disclosed
          |answered|named|addressed|covered|known|possible\sto\s(?:say|answer|tell|determine))\b
        (?:\s(?:by|in|from|within|here|anywhere|based)\b[^.]*)?\W*$
      | \b(?:can\s?not|could\snot|can['’]t|couldn['’]t|impossible\sto|unable\sto)\s(?:be\s)?(?:answer|determin
        |found|find|say|tell
          |establish|inferr?|deduc|conclud)
      | \b(?:insufficient|not\senough)\s(?:information|data|evidence|context)
      # German
      | \b(?:weiß|weiss)\b[^.]{0,30}\bnicht\b | \bkeine\s(?:ahnung|angaben?|informationen?|auskunft|antwort
        |hinweise?|daten)\b
      | \b(?:geht|gehen)\b[^.]{0,60}\bnicht\shervor | \blässt\ssich\b[^.]{0,80}\b(?:nicht|kaum)\b[^.]{0,60}
        (?:beantworten|sagen|entnehmen|bestimmen|ermitteln|feststellen)
      | \bnicht\s(?:\w+\s){0,2}(?:angegeben|erwähnt|enthalten|genannt|bekannt|beantwort\w+|vermerkt|aufgeführt
        |entnehmen|zu\sfinden)
      | \bnichts\s(?:dazu|darüber|hierzu|über|zu)\b | \b(?:dazu|darüber|hierzu)\b[^.]{0,40}\b(?:nichts|nicht|kein\w*)\b
      | ^\W*(?:unbekannt|unklar)\b
      # French
      | \bje\s(?:ne\s|n['’])?(?:le\s)?sais\spas | \bj['’]ignore\b | \baucune?\s(?:\w+\s)?(?:information|mention
        |réponse|donnée|indication)
      | \b(?:ne|n['’])\s?(?:\w+\s){0,3}(?:permet|mentionne|précise|contien|indique|dit|donne|répond|fourni
        |figure)\w*\s(?:pas|rien|aucun)
      | \bpas\s(?:\w+\s){0,2}(?:mentionné|précisé|indiqué|disponible|fourni|spécifié|d['’]information|de\sréponse)
      | \b(?:impossible\sde|ne\speux\spas|n['’]est\spas\spossible\sde)\s(?:répondre|dire|déterminer|savoir|trouver)
      # Spanish
      | \bno\s(?:lo\s)?(?:sé|sabemos)\b | \bdesconozco\b | \bno\s(?:hay|tengo|existe|dispongo\sde|contiene\w*
        |encuentro)\s(?:\w+\s){0,2}
        (?:información|datos|mención|respuesta|indicación)
      | \bno\s(?:se\s)?(?:menciona|indica|especifica|encuentra|dice|precisa|proporciona|aparece|responde)
      | \bno\s(?:puedo|es\sposible|se\spuede)\s(?:responder|decir|determinar|saber|encontrar|contestar)
      # Italian, Portuguese
      | \bnon\s(?:lo\s)?so\b | \bnon\s(?:è|sono|viene|vengono|si)\s(?:\w+\s)?(?:indicat|specificat|menzionat
        |disponibil|riportat|trov)
      | \bnessuna\s(?:informazione|indicazione|risposta) | \bnon\s(?:posso|è\spossibile)\s(?:rispondere|dire
        |determinare)
      | \bnon\s(?:\w+\s){0,2}(?:contien|contengon|menzionan?o?|indican?o?|dicon?o?|forniscon?o?)
      | \bnão\s(?:o\s)?sei\b | \bnão\s(?:há|tenho|existe|contém|encontr\w+)\s(?:\w+\s)?(?:informaç|dados|menção
        |resposta)
      | \bnão\s(?:é|foi|está|são|se)\s(?:\w+\s)?(?:mencionad|indicad|especificad|possível\s(?:responder|dizer
        |saber)|informad)
      | \bnão\s(?:mencion|indic|especific|diz|respond|fornec)
      # Dutch, Polish, Czech, the Nordic languages, Finnish, Turkish
      | \bweet\b[^.]{0,20}\bniet\b | \bgeen\s(?:\w+\s)?(?:informatie|antwoord|gegevens|vermelding|idee)
      | \bniet\s(?:\w+\s){0,2}(?:vermeld|genoemd|bekend|beantwoord|te\svinden|aangegeven|opgenomen)
      | \bnie\swiem\b | \bbrak\s(?:\w+\s)?(?:informacji|danych|odpowiedzi) | \bnie\s(?:ma|zawiera\w*
        |znalaz\w+)\s(?:\w+\s)?informacji
      | \bnie\s(?:podan|wspomina|wskaz|określ|mogę\sodpowiedzieć|można\sodpowiedzieć)
      | \bnevím\b | \b(?:vet|ved)\s(?:jag\s|jeg\s)?(?:det\s)?(?:inte|ikke)\b | \bingen\s(?:information|informasjon
        |oplysning)
      | \ben\stiedä\b | \bei\s(?:tietoa|mainita|kerrota) | \bbilmiyorum\b | \bbilgi\s(?:yok|bulun)
      | \bnem\studom\b | \bnu\sștiu\b | \bне\s(?:знаю|указан|упомина|содерж|могу\sответить) | \b(?:нет
        |немає)\s(?:\w+\s)?(?:информац|данных|інформац)
      | \bне\sзнаю\b | δεν\s(?:γνωρίζω|ξέρω|αναφέρ|υπάρχ) | không\sbiết | tidak\s(?:tahu|ada\sinformasi|disebutkan)
      # scripts without blanks or case
      | 不知道 | 不清楚 | 没有[^。]{0,12}(?:信息|提及|说明|提到|答案) | 無法|无法(?:回答|确定|得知|判断|找到)
        | 未(?:提及|提供|说明|找到)
      | (?:わか|分か|判か)りません | 不明です | (?:情報|記載|記述|言及|答え)[はがも]?[^。]{0,8}(?:ありません|ない
        |なし|見つかりません)
      | 記載されてい(?:ません|ない) | 모르(?:겠|ㅂ|니다|다) | 모릅니다 | 알\s?수\s?없 | (?:정보|언급
        |내용)[가이은는]?\s?(?:없|않)
      | لا\s(?:أعرف|أعلم|أدري|يوجد|توجد|تذكر|يذكر) | غير\s(?:مذكور|معروف|متوفر) | לא\s(?:יודע|ידוע|צוין|מוזכר)
        | (?:नहीं\sपता|पता\sनहीं|जानकारी\sनहीं)
      | ไม่(?:ทราบ|รู้|มีข้อมูล|พบข้อมูล)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TURNS_BACK: Final = re.compile(
    r"[,;:–—]\s*(?:but|however|though|although|yet|aber|jedoch|doch|allerdings|mais|cependant|pero|sin\sembargo|ma|però|maar"
    r"|mas|porém|ale|men|но)\b|，?但|ですが|지만",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CAPITAL: Final = re.compile(r"(?<=\w )[A-ZÀ-ÖØ-Þ]\w+")


def declines(plain: str, question: str = "") -> bool:
    """True for a sentence that says no more than that the answer is not known or not in the evidence.

    A sentence that goes on with "but …", or holds a number that the question does not, states a fact.
    """
    found = _DECLINES.search(plain)
    if found is None or _TURNS_BACK.search(plain, found.start()):
        return False
    asked = {value for number in numbers(question) for value in number.values}
    return all(asked.intersection(number.values) for number in numbers(plain))


def connects(plain: str, question: str = "") -> bool:
    """True when a sentence without markers states no fact: a lead-in, a heading, a courtesy, a bare yes or no.

    A lead-in that ends with a colon may repeat the words of the question, but not bring a number or a name of its own.
    """
    if not any(map(str.isalnum, plain)) or _COURTESY.search(plain):
        return True
    if numbers(plain):
        return False
    said = {word.lower() for word in _WORD.findall(plain)}
    if not said - _JOINING:
        return not any(map(str.isdigit, plain))
    return plain.rstrip().rstrip("*_").endswith((":", "：")) and not _brings(plain, question)


def _brings(plain: str, question: str) -> bool:
    """True when a lead-in holds more than one content word, or a name, that the question does not."""
    asked = question.lower()
    if any(name.lower() not in asked for name in _CAPITAL.findall(plain)):
        return True
    return len(set(content_words(plain)) - set(content_words(question)) - _joining_terms()) > 1


@cache
def _joining_terms() -> frozenset[str]:
    return frozenset(term for word in _JOINING for term in content_words(word))
