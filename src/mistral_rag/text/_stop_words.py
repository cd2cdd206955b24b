"""Small lists, by language: words that say nothing, and words of questions that only say how to answer."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS = {
    "en": _words(
        """
        a about all also am an and any are as at be because been being but by can could d did do
        does doing for from had has have having he her here him his how i if in into is it its just
        ll m me more most my no nor not of on only or other our out over own re s same she should so
        some such t than that the their them then there these they this those through to too under
        until up ve very was we were what when where which while who whom whose why will with would
        you your
        """
    ),
    "fr": _words(
        """
        a ai ainsi as au aucun aussi autre aux avait avec avez avoir avons c ce cela ces cet cette
        ceux chez ci comme comment d dans de des donc dont du elle elles en entre es est et eu eux
        fait il ils j je l la le les leur leurs lors lui là m ma mais me mes moi mon même n ne ni
        nos notre nous on ont ou où par pas peu peut plus pour pourquoi puis qu quand que quel
        quelle quelles quels qui quoi s sa sans se sera ses si son sont sous suis sur t ta te tes
        toi ton tous tout toute toutes très tu un une vos votre vous y à était être
        """
    ),
    "de": _words(
        """
        aber alle allem allen aller alles als also am an auch auf aus bei bin bis bist da damit dann
        das dass daß dein dem den denn der des die dies diese diesem diesen dieser dieses doch dort
        du durch ein eine einem einen einer eines er es etwas euch für habe haben hat hatte hatten
        hier ich ihr ihre ihrem ihren ihrer im in ist ja kann kein keine können man mehr mein mich
        mir mit nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner
        sich sie sind so um und uns unter viel vom von vor war waren warum was weil welche welcher
        welches wenn wer werden wie wieder will wir wird wo wurde wurden zu zum zur zwischen über
        """
    ),
    "es": _words(
        """
        a al algo como con cual cuál cuáles cuándo cuánto cuántos cómo de del desde donde dos dónde
        e el ella ellas ellos en entre era es esa ese eso esta estas este esto estos está están fue
        fueron ha había han hasta hay la las le les lo los me mi muy más no nos o otra otro para
        pero por porque que quien quién qué se ser si sin sobre son su sus también te tiene todo
        todos tras tu un una uno unos y ya yo él
        """
    ),
    "it": _words(
        """
        a ad ai al alla alle allo anche che chi ci come con cosa cui da dal dalla dalle degli dei
        del della delle dello di dove e ed era gli ha hanno i il in io la le lei lo loro lui ma mi
        nei nel nella nelle non o per perché più qual quale quali quando quanti quanto questa queste
        questi questo se si sono su sua sue sui sul sulla suo suoi tra un una uno vi è
        """
    ),
    "pt": _words(
        """
        a ao aos as até com como da das de do dos e ela elas ele eles em entre era essa esse esta
        este está eu foi foram há isso isto já lhe mais mas me mesmo meu muito na nas no nos não o
        os ou para pela pelas pelo pelos por porque quais qual quando quanto que quem se sem ser seu
        seus sua suas são também te tem um uma você à às é
        """
    ),
    "nl": _words(
        """
        aan al alle als bij dan dat de den der deze die dit doch door dus een en er ge geen had heb
        hebben heeft het hij hoe hun ik in is ja je kan maar me meer men met mijn na naar niet nog
        nu of om omdat onder ons ook op over te tegen toch tot uit van veel voor waar waarom was wat
        we wel welk welke werd wie wij wordt ze zich zij zijn zo zonder zou
        """
    ),
}
"""Words that say nothing of what a text is about, by language."""

ASKING = {
    "en": _words(
        """
        accordance according address answer answering answers approach asked asking assume assuming
        base based basing briefly calculate calculated compute computed context define defined
        definition derive describe detail details determine document documents exact explain express
        expressed find following form give given help identify indicate information judgement
        judgment judgments know let like list main mention mentioned need outlined place places
        please primarily provide provided question questions reasonable referencing relevant
        resource resources respond response round rounded say shareholder show shown solution solve
        state stated suppose tell text unit units use useful using utilize want way write
        """
    ),
    "fr": _words(
        """
        calculer calculez cherche citez combien dire dis dites document documents donner donnez
        décrire décrivez expliquer expliquez faire faut indiquez liste moyen pouvez puis question
        répondez répondre savoir souhaite suivant suivante trouver veuillez voudrais
        """
    ),
    "de": _words(
        """
        angeben antwort antworte beantworte beantworten berechne berechnen beschreibe beschreiben
        bitte dokument erkläre erklären finde finden folgende folgenden frage gib nenne nennen sag
        sage wissen
        """
    ),
    "es": _words(
        """
        calcula calcular contesta conteste describa describe diga dime documento encontrar explica
        explique favor indica indique pregunta responda responde respuesta saber siguiente
        """
    ),
    "it": _words(
        """
        calcola calcolare descrivi dimmi documento domanda elenca favore indica rispondi risposta
        seguente spiega trova
        """
    ),
    "pt": _words(
        """
        calcular calcule descreva diga documento encontrar explique favor indique pergunta responda
        resposta saber seguinte
        """
    ),
    "nl": _words(
        """
        antwoord beantwoord bereken beschrijf document geef noem vertel volgende vraag weten zeg
        """
    ),
}
