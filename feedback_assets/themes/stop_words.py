"""Words that never tell one complaint from another. Short on purpose: weighing against the other themes does most of the work."""

_LISTS = {
    "en": """a about after again all also am an and any anyone are as at be because been before being but by can can't cannot could
        did do does doesn't doing don't even every for from get gets getting go had has have having he help her hi
        hello his how however i i'd i'll i'm i've if in into is isn't it it's its just know let like make me more most
        much my need no not now of off on once one only or other our out over please really same see she should since
        so some still such take than thank thanks that that's the their them then there these they thing things this
        those through time to too try tried trying until up us use used using very want was wasn't way we well were
        what when where which while who why will with won't work works working would you your""",
    "de": """aber alle als also am an auch auf aus bei beim bin bis bitte da damit dann das dass dem den der des die dies diese
        dieser doch ein eine einem einen einer eines er es für habe haben hallo hat hatte ich ihr im immer in ist ja
        jetzt kann kein keine man mehr mein meine meinem meinen meiner mich mir mit nach nicht noch nun nur ob oder
        ohne schon sein seit sich sie sind so über um und uns unter vom von vor war was weil wenn werden wie wieder
        wird wir wo wurde zu zum zur""",
    "fr": """ai au aux avec bonjour c'est ce ces cette comme d'un d'une dans de depuis des du elle en est et être fait il ils j'ai
        je la le les leur lui ma mais me merci mes moi mon n'est ne nous on ont ou où par pas plus pour qu'il que
        quand qui sa sans se ses si son sont sur ta te tout très un une vous votre y à été""",
    "es": """a al ante como con cuando de del desde donde el ella en era es esta este esto está estoy gracias ha hace hay he hola
        la las le lo los me mi mis muy más ni no nos o para pero por porque que qué se ser si sin sobre son su sus
        también te tengo todo un una ya yo""",
    "pt": """a ao aos as até com como da das de depois do dos e ela ele em entre era essa esse esta estou está eu foi há isso já
        lhe mais mas me meu meus minha muito na nas nem no nos não o obrigado olá os ou para pela pelo por porque
        quando que se sem ser seu sua são só também tem tenho tudo um uma você""",
    "it": """a ad al alla anche che chi ci ciao col come con cosa da dal dalla de del della di dopo e ed era essere fa gli grazie
        ha ho i il in io la le lo ma mi mia mio ne nei nel nella non o per perché più quando quella quello questa
        questo se si sono su sul tutto un una uno è""",
    "nl": """aan al als bij dan dat de deze die dit door een en er geen had heb hebben heeft het hij hoe ik in is ja je kan maar me
        meer met mij mijn na naar niet nog nu of om ook op over te toch tot uit van voor was wat we wel wordt zijn zo""",
    "pl": """ale bez być co czy dla do gdy i ich jak jest już ma mam mi mnie na nie o od po pod przez się są ta tak te to tylko w
        we z za ze że""",
    "sv": """alla att av den det detta du efter en ett från för har hej i inte jag kan kommer man med men mig min mitt nu när och
        om på som så till tack upp ut var vi är även""",
    "ru": """а без был было в вы для до его если есть еще ещё же за и из или их к как когда ли меня мне мой мы на не нет но о он
        она они от по после при с со так также только то у уже что это этого я""",
    "tr": """ama ben bir bu da daha de değil diye en gibi için ile ise kadar ki mi mı ne o olan olarak sonra var ve ya yok çok""",
    "id": """ada adalah akan apa atau bagaimana bisa dan dari dengan di ini itu juga kalau ke kenapa lagi mohon saat saja sangat
        saya sudah tapi terima kasih tidak tolong untuk ya yang""",
    "ja": """これ それ もの こと とき""",
}

STOP_WORDS = {language: frozenset(words.split()) for language, words in _LISTS.items()}
