"""Notices that programs and firms put around a message: view in browser, unsubscribe, confidentiality, virus scans, imprints, reply marks.

A line goes when it is such a notice as a whole, or begins one; never the only words of a text. The words of every notice are common, so
single words decide nothing: 'I cannot unsubscribe' is feedback. Not here: what mail people write (mail.py).
"""

import re
from collections.abc import Iterator

from feedback_assets.silver.cleaning.leads import lead, leads
from feedback_assets.silver.offsets import Edit

_VIEW_LEADS = leads(
    "having have trouble problem difficulty click view read see open if im in browser webbrowser zur online web wird "
    "falls wenn sollte voir afficher consulter lire ouvrir version versión lien ver visualizza apri leggi bekijk lees "
    "zobacz wyświetl otwórz visa öppna läs открыть посмотреть просмотреть ブ 在 用 浏 瀏 브"
)
_UNSUBSCRIBE_LEADS = leads(
    "safely unsubscribe opt manage update change edit to you this newsletter email e mail mails hier abbestellen "
    "abmelden um möchten sie du cliquez se désabonner désinscrire pour si vous darse dar cancelar para usted ha recibe "
    "recibió está estás annulla cancella disiscriviti per non hai ricevi descadastrar você recebeu uitschrijven "
    "afmelden om als wil u je wypisz zrezygnuj avregistrera avprenumerera отписаться вы メ 配 退 取 수 click if"
)
_SECRET_LEADS = leads(
    "this confidentiality legal disclaimer important the information content contents diese dieser der die ce cet cette "
    "este esta aviso questo questa il le dit deze de niniejsza ta это данное настоящее tento tato detta denne bu 本 此 こ "
    "본 if si wenn"
)
_OTHERS_LEADS = leads(
    "please consider think bitte pensez antes prima virus virenfrei libre garanti copyright c all geschäftsführer "
    "registergericht registered handelsregister sitz amtsgericht ust hr hrb company vat siège partita p kvk ref hs "
    "privacy terms 19 20 199 200 201 202 203 this diese ce este questa deze"
)
_REPLY_LEADS = leads(
    "type write add enter reply replies antworten antwort ihre geben veuillez saisir répondre répondez écrire entrez "
    "por responda escriba escribe introduzca rispondi inserisci scrivi digite escreva typ plaats beantwoord svara "
    "odpowiedz пожалуйста введите напишите ответьте 请 please bitte この пож"
)
LEADS = _VIEW_LEADS | _UNSUBSCRIBE_LEADS | _SECRET_LEADS | _OTHERS_LEADS | _REPLY_LEADS
"""What the line begins with that may be a notice; of each sort, before."""

_WHAT = r"(?:this|the|our)?\s?(?:e-?mail|message|newsletter|mail)"
_VIEW = re.compile(
    rf"\W*(?:"
    rf"(?:(?:having |have )?(?:trouble|problems?|difficulty|difficulties) (?:viewing|reading|seeing) {_WHAT}\??[\s,:|"
    rf"-]*)?(?:click here to )?(?:view|read|see|open) (?:{_WHAT}|it|online version)?\s?(?:in|with|on) "
    r"(?:your |a |the |my )?(?:web )?browser|(?:view|read|see|open) (?:the )?(?:online|web) version|(?:view|"
    r"read) (?:this )?(?:e-?mail |message |newsletter )?online|"
    rf"if (?:you (?:are having|have) (?:trouble|problems?|difficulty)|you (?:can['’]?t|cannot) (?:see|view|read)|"
    rf"{_WHAT} (?:is not displayed|does not display))[^\n]{{0,120}}(?:click|browser|here)[^\n]{{0,40}}|"
    r"(?:im |in (?:ihrem|deinem) )(?:web)?browser (?:ansehen|anzeigen|öffnen|lesen)|(?:zur )?(?:online-?|web-?)(?:version|"
    r"ansicht)(?: (?:ansehen|anzeigen|öffnen))?|"
    r"(?:wird diese|falls diese|wenn diese|sollte diese)[^\n]{0,20}(?:e-?mail|nachricht|newsletter) nicht (?:richtig|"
    r"korrekt)[^\n]{0,120}|"
    r"(?:voir|afficher|consulter|lire|ouvrir)(?: (?:cet|ce|le|la|l['’])\s?(?:e-?mail|message|courriel|newsletter|"
    r"version))?(?: (?:dans|sur) (?:votre|le|un) navigateur| en ligne)|(?:version|lien) en ligne|"
    r"ver (?:este |esta |el |la )?(?:e-?mail |correo |mensaje |mensagem )?(?:en|no|em) (?:el |tu |su |um |seu )?navegador|versi[óo]n web|"
    r"(?:visualizza|apri|leggi)(?: (?:questa|la|il)? ?(?:e-?mail|newsletter|messaggio))? (?:nel|in un|sul|nel tuo) browser|"
    r"versione (?:online|web)|"
    r"(?:bekijk|lees|open)(?: (?:deze|de|dit))?(?: (?:e-?mail|nieuwsbrief|bericht))? (?:in (?:je|uw|de|een) (?:web)?browser|online)|"
    r"(?:zobacz|wyświetl|otwórz)[^\n]{0,30} w przeglądarce|(?:visa|öppna|läs)[^\n]{0,30} i (?:din )?webbläsare(?:n)?|(?:открыть|"
    r"посмотреть|просмотреть)[^\n]{0,30} в браузере|"
    r"(?:ブラウザ(?:ー)?で(?:表示|見る|開く))|(?:在|用)?(?:浏览器|瀏覽器)(?:中|裡)?(?:查看|打开|打開|檢視)|브라우저에서 (?:보기|열기)"
    r")\W*(?:here|hier|ici|aquí|qui|aqui)?\W*$",
    re.IGNORECASE,
)
_UNSUBSCRIBE = re.compile(
    r"\W*(?:"
    r"(?:click here to |click to |safely )?(?:unsubscribe|opt[ -]out)(?: (?:here|now|from (?:this|these|our|all|the)[^\n]{0,60}|"
    r"at any time))?|"
    r"(?:manage|update|change|edit)(?: your)?(?: e-?mail| subscription| notification| communication)? (?:preferences|settings|"
    r"subscriptions?)|"
    r"to (?:unsubscribe|opt[ -]out|stop receiving|be removed)[^\n]{0,40}(?:,|from|click|send|reply|visit|e-?mails?|here)[^\n]{0,220}|"
    r"(?:if )?you(?:['’]d| would)? (?:no longer (?:wish|want) to|(?:do not|don['’]t) (?:wish|want) to|(?:prefer|"
    r"rather) not (?:to )?)receiv(?:e|ing)[^\n]{0,240}|"
    r"you(?:['’]re| are)? (?:are )?(?:receiv(?:ing|ed)|got|getting) (?:this|these) (?:e-?mails?|messages?|newsletters?|"
    r"mails?)(?: from us)? (?:because|as|since)[^\n]{0,240}|"
    r"this (?:e-?mail|message|newsletter) was sent (?:to|by|from)[^\n]{0,200}|"
    r"(?:newsletter |e-?mails? |hier )?(?:abbestellen|abmelden)(?: (?:klicken sie|klicke) (?:bitte )?hier)?|(?:um|wenn sie|falls sie|"
    r"möchten sie)[^\n]{0,100}(?:abzumelden|abbestellen|abmelden|nicht mehr erhalten)[^\n]{0,120}|"
    r"(?:sie|du) (?:erhalten|erhältst) diese (?:e-?mail|nachricht)[^\n]{0,200}|"
    r"(?:cliquez ici pour )?(?:se |vous )?(?:désabonner|désinscrire|désabonnement|désinscription)(?: ici)?|(?:pour|"
    r"si vous)[^\n]{0,100}(?:désabonner|désinscrire|plus recevoir)[^\n]{0,160}|vous recevez ce(?:t|tte)? (?:e-?mail|message|courriel|"
    r"newsletter)[^\n]{0,200}|"
    r"darse de baja|cancelar (?:la |mi |a )?(?:suscripci[óo]n|inscri[çc][ãa]o|assinatura|subscri[çc][ãa]o)|(?:para|si (?:no|"
    r"ya no))[^\n]{0,80}(?:darse de baja|dejar de recibir|cancelar su suscripci[óo]n|desea recibir)[^\n]{0,160}|"
    r"(?:usted )?(?:ha recibido|recibe|est[áa] recibiendo) este (?:e-?mail|correo|mensaje)[^\n]{0,200}|"
    r"(?:annulla|cancella)(?: l['’])?\s?iscrizione|disiscri(?:viti|zione)|(?:per|se non)[^\n]{0,80}(?:disiscri|"
    r"annullare l['’]iscrizione|ricevere (?:più )?queste?)[^\n]{0,160}|(?:hai ricevuto|ricevi) quest[ao] (?:e-?mail|"
    r"messaggio)[^\n]{0,200}|"
    r"descadastr(?:ar|e)(?:-se)?|(?:para|se n[ãa]o)[^\n]{0,80}(?:descadastrar|cancelar (?:a )?inscri[çc][ãa]o|"
    r"receber mais)[^\n]{0,160}|(?:voc[êe] )?(?:est[áa] recebendo|recebeu) est[ea] (?:e-?mail|mensagem)[^\n]{0,200}|"
    r"(?:uitschrijven|afmelden)(?: voor[^\n]{0,60})?|(?:om|als|wil)[^\n]{0,80}(?:af te melden|uit te schrijven|afmelden|"
    r"uitschrijven)[^\n]{0,120}|(?:u|je) ontvang(?:t)? deze (?:e-?mail|nieuwsbrief)[^\n]{0,200}|"
    r"wypisz si[ęe](?: z[^\n]{0,60})?|zrezygnuj z[^\n]{0,80}|avregistrera(?: dig)?|avprenumerera|отписаться(?: от[^\n]{0,60})?|"
    r"вы получили это (?:письмо|сообщение)[^\n]{0,160}|"
    r"(?:メール)?配信停止(?:は)?[^\n]{0,40}|退[订訂](?:此邮件|郵件)?|取消[订訂]阅|수신 ?거부[^\n]{0,30}|"
    r"you received this message because you are subscribed to[^\n]{0,200}"
    r")[\s|·•.:>»-]*(?:[^\n]{0,30}(?:privacy policy|datenschutz|preferences|terms|imprint|impressum|contact us))?\W*$",
    re.IGNORECASE,
)
_SECRET_MAIL = re.compile(
    r"\W*(?:"
    r"confidentiality (?:notice|note)\s?(?:[:.-]|$)|(?:legal (?:notice|disclaimer)|disclaimer|important notice)\s?(?:$|"
    r"[:.-][^\n]{0,200}(?:confidential|privileged|intended|recipient|liab))|"
    r"(?:the )?(?:information|content|contents)(?: \w{2,12}){0,3} (?:in|of) this (?:e-?mail|message|communication|"
    r"transmission)[^\n]{0,120}(?:confidential|privileged|intended)|"
    r"this (?:e-?mail|message|communication|transmission|electronic \w{4,12})\b[^\n]{0,120}(?:confidential|privileged|"
    r"intended (?:solely|only|for)|proprietary)|"
    r"if you (?:are not|aren['’]t) the (?:intended|named) (?:recipient|addressee)|if you (?:have )?received? this[^\n]{0,60} in error|"
    r"dies[e]?s? (?:e-?mail|nachricht|mail)[^\n]{0,120}(?:vertraulich|bestimmt)|(?:der inhalt dieser|die in dieser) (?:e-?mail|"
    r"nachricht)[^\n]{0,120}vertraulich|wenn sie nicht der (?:richtige|beabsichtigte)[^\n]{0,40}(?:adressat|empfänger)|"
    r"ce(?:t|tte)? (?:message|courriel|e-?mail|courrier)[^\n]{0,120}(?:confidentiel|destin[ée])|"
    r"si vous (?:n['’]êtes pas le destinataire|avez reçu ce)|"
    r"est[ea] (?:mensaje|correo|e-?mail|mensagem)[^\n]{0,120}(?:confidencia|destinad)|si (?:usted )?(?:no es el destinatario|"
    r"ha recibido este)|(?:aviso legal|aviso de confidencialidad)|"
    r"(?:questo messaggio|questa e-?mail|il presente messaggio|le informazioni contenute)[^\n]{0,160}(?:riservat|confidenzial|destinat)|"
    r"(?:dit bericht|deze e-?mail|de informatie)[^\n]{0,120}(?:vertrouwelijk|bestemd)|(?:niniejsza|ta) wiadomość[^\n]{0,120}poufn|"
    r"(?:это|данное|настоящее) (?:сообщение|письмо|электронное)[^\n]{0,120}конфиденциальн|(?:tento|tato) e-?mail[^\n]{0,120}důvěrn|"
    r"detta (?:e-post)?meddelande[^\n]{0,120}konfidentiell|denne (?:e-?mail|e-post)[^\n]{0,120}fortrolig|"
    r"bu e-?posta[^\n]{0,120}gizli|"
    r"(?:本邮件|本電子郵件|此邮件)[^\n]{0,60}(?:保密|机密|機密)|(?:本メール|このメール)[^\n]{0,60}(?:機密|秘密)|본 (?:메일|"
    r"이메일)[^\n]{0,60}(?:기밀|비밀)"
    r")",
    re.IGNORECASE,
)
"""Begins a notice that goes on to the end of its paragraph."""
_OTHERS = re.compile(
    r"\W*(?:"
    r"(?:please )?(?:consider|think of|think about) (?:the|our) environment before printing[^\n]{0,120}|bitte (?:denken|"
    r"prüfen) sie[^\n]{0,60}(?:umwelt|ausdruck)[^\n]{0,80}|pensez à l['’]environnement[^\n]{0,80}|antes de imprimir[^\n]{0,120}|"
    r"prima di stampare[^\n]{0,120}|"
    r"(?:this|diese|ce|este|questa|deze) (?:e-?mail|message|nachricht|courriel|correo|mensaje)[^\n]{0,40}(?:has been (?:checked|"
    r"scanned)|was scanned|wurde (?:von|auf)|a été vérifié|ha sido (?:comprobado|analizado)|è stata controllata|"
    r"is gecontroleerd)[^\n]{0,120}|"
    r"virus[- ]free\b[^\n]{0,60}|virenfrei\b[^\n]{0,60}|libre de virus\b[^\n]{0,60}|garanti sans virus[^\n]{0,60}|"
    r"(?:copyright )?(?:©|\(c\)|&copy;) ?(?:copyright )?(?:19|20)\d\d[^\n]{0,120}|(?:©|"
    r"copyright)[^\n]{2,80}all rights reserved[^\n]{0,40}|all rights reserved[^\n]{0,40}|"
    r"(?:geschäftsführer(?:in|ung)?|registergericht|handelsregister|sitz der gesellschaft|amtsgericht|ust-?id(?:nr)?|"
    r"hr ?b)[\s.:(][^\n]{0,160}|[^\n]{0,60}amtsgericht \w{3,20},? hr ?b[^\n]{0,60}|"
    r"(?:registered (?:office|address)|registered in (?:england|scotland|ireland|wales)|company (?:number|no|registration)|vat (?:no|"
    r"number|reg))\b[^\n]{0,200}|siège social ?:[^\n]{0,160}|(?:partita iva|p\.? ?iva)\b[^\n]{0,120}|kvk[\s:-]{1,3}\d[^\n]{0,80}|"
    r"\[?\s?ref:_[\w.]{6,80}:ref\s?\]?|\{#hs:[\d-]{3,40}\}|(?:privacy policy|terms of (?:use|service))(?:[\s|"
    r"·•-]{1,5}(?:[\w ]{3,30})){0,4}"
    r")\W*$",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(
    r"[^\w\n]*(?:(?:please |bitte )?(?:type your |write your |add your |enter your )?repl(?:y|ies)(?: to this (?:e-?mail|"
    r"message))? (?:above|over|before) this line|"
    r"(?:bitte )?(?:antworten sie|ihre antwort|antwort|geben sie ihre antwort)[^\n]{0,30} oberhalb dieser (?:zeile|linie)[^\n]{0,20}|"
    r"(?:veuillez )?(?:saisir|répondre|répondez|écrire|entrez)[^\n]{0,30}au[- ]dessus de cette ligne|(?:por favor,? )?(?:responda|"
    r"escriba|escribe|introduzca)[^\n]{0,30}(?:por )?encima de esta línea|"
    r"(?:rispondi|inserisci|scrivi)[^\n]{0,30}sopra questa riga|(?:digite|escreva|responda)[^\n]{0,30}acima desta linha|(?:typ|"
    r"plaats|beantwoord)[^\n]{0,30}boven deze regel|"
    r"svara ovanför den här raden|(?:odpowiedz|wpisz)[^\n]{0,30}powyżej tej linii|(?:пожалуйста, )?(?:введите|напишите|"
    r"ответьте)[^\n]{0,30}выше этой (?:строки|линии)|"
    r"この(?:行|線)より上に[^\n]{0,30}|请在此行(?:上方|以上)[^\n]{0,20})[^\n\w]*$",
    re.IGNORECASE,
)
_LONGEST = 420


def notice_edits(s: str, leads: set[str]) -> list[Edit]:
    """The lines that are notices, ascending. Empty when there are none, or when nothing else would be left. leads: of the text's "
    "lines."""
    if LEADS.isdisjoint(leads):
        return []
    edits = list(_lines(s))
    return edits if edits and _left(s, edits) else []


def _lines(s: str) -> Iterator[Edit]:
    at = 0
    said = in_notice = False
    while at < len(s):
        end = s.find("\n", at)
        end = len(s) if end < 0 else end
        line = s[at:end]
        after = min(end + 1, len(s))
        if not line:
            in_notice = False
        elif in_notice:
            yield Edit(at, after, "")
        else:
            kind = _kind(line)
            # Below the mark stands the correspondence so far; above it, what was answered.
            if kind == "reply above" and said:
                yield Edit(at, len(s), "")
                return
            if kind:
                in_notice = kind == "secret"
                yield Edit(at, after, "")
            else:
                said = said or any(ch.isalnum() for ch in line)
        at = end + 1


def _kind(line: str) -> str:
    """Which sort of notice a line is, or begins; empty when it is none."""
    begins = lead(line)
    if begins in _SECRET_LEADS and _SECRET_MAIL.match(line) is not None:
        return "secret"
    if len(line) > _LONGEST:
        return ""
    if begins in _REPLY_LEADS and _REPLY_ABOVE.match(line) is not None:
        return "reply above"
    if begins in _VIEW_LEADS and _VIEW.match(line) is not None:
        return "view"
    if begins in _UNSUBSCRIBE_LEADS and _UNSUBSCRIBE.match(line) is not None:
        return "unsubscribe"
    return "other" if (begins in _OTHERS_LEADS or "mtsgericht" in line) and _OTHERS.match(line) is not None else ""


def _left(s: str, edits: list[Edit]) -> bool:
    at = 0
    for start, end, _ in [*edits, (len(s), len(s), "")]:
        if any(ch.isalnum() for ch in s[at:start]):
            return True
        at = end
    return False
