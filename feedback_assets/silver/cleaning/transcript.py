"""Chat logs that somebody pasted or a system wrote into one text: which turns are the customer's, by the names of the speakers.

A log is one only when both sides are named by their part ('Agent:', 'Customer:'); turns of agents, bots and the system go, turns of the
customer and of speakers whose part nobody tells stay. Not here: conversations that a source delivers in parts (sources/).
"""

import re

from feedback_assets.silver.cleaning.leads import leads
from feedback_assets.silver.offsets import Edit

_AGENT = (
    r"(?:(?:customer |client |technical |tech )?(?:support|service|care|success)(?: (?:agent|team|rep(?:resentative)?|specialist|bot|"
    r"staff))?|agent|operator|"
    r"representative|rep|advisor|adviser|helpdesk|admin(?:istrator)?|moderator|staff|bot|chat ?bot|virtual assistant|assistant|"
    r"auto(?:matic)?[ -]?reply|automated message|"
    r"system message|mitarbeiter(?:in)?|berater(?:in)?|kundenservice|kundendienst|kundenbetreuung|supporter|conseill(?:er|ère)|"
    r"service client|opérateur|assistance|"
    r"asesor(?:a)?|agente|soporte|operador(?:a)?|servicio al cliente|atención al cliente|atendente|suporte|atendimento|operatore|"
    r"assistenza|servizio clienti|"
    r"medewerker|klantenservice|konsultant(?:ka)?|obsługa klienta|pomoc|оператор|поддержка|служба поддержки|агент|консультант|бот|"
    r"オペレーター|担当者?|サポート|客服(?:人员|專員|专员)?|机器人|상담원|고객센터|مندوب|الدعم|agen|petugas|cs)"
)
_CUSTOMER = (
    r"(?:customer|client|user|visitor|guest|caller|me|you|buyer|end[- ]user|kund(?:e|in)|benutzer(?:in)?|besucher(?:in)?|"
    r"client(?:e)?|usager|utilisat(?:eur|rice)|visiteur|"
    r"usuari[oa]|visitante|utente|klant|gebruiker|bezoeker|klient(?:ka)?|użytkownik|клиент|пользователь|гость|お客様|顧客|ユーザー|"
    r"客户|顾客|用户|客戶|用戶|고객|사용자|العميل|pelanggan)"
)
_TIME = r"(?:[\[(]?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?[\])]?[ ,:–-]{0,3})?"
_TURN = re.compile(
    rf"{_TIME}(?:(?P<agent>(?:{_AGENT})(?: \d{{1,4}})?(?: ?\([^()\n]{{1,40}}\)|"
    rf" [^\W\d_][\w.'-]{{0,24}}(?: [^\W\d_][\w.'-]{{0,24}})?)?|[^\W\d_][\w.' -]{{0,40}} ?[\[(](?:{_AGENT})[^)\]\n]{{0,20}}[\])])"
    rf"|(?P<customer>(?:{_CUSTOMER})(?: \d{{1,4}})?(?: ?\([^()\n]{{1,40}}\)| [^\W\d_][\w.'-]{{0,24}}(?: [^\W\d_][\w.'-]{{0,24}})?)?|"
    rf"[^\W\d_][\w.' -]{{0,40}} ?[\[(](?:{_CUSTOMER})[\])])"
    r"|(?P<other>(?<=[\])\d] )[^\W\d_][\w.'-]{0,24}(?: [^\W\d_][\w.'-]{0,24}){0,2}))"
    rf"\s?(?:{_TIME})[:：](?:\s|$)",
    re.IGNORECASE,
)
_EVENT = re.compile(
    rf"{_TIME}(?:\*{{2,3}} |--? )?(?:[^\n:]{{1,60}} (?:has )?(?:joined|left|ended|started|entered|transferred|"
    rf"assigned)(?: the)? (?:chat|conversation|session|room)|chat (?:started|ended|transferred|transcript)|"
    r"(?:you are now chatting|you are now connected) with|end of (?:chat|transcript))[^\n]{0,80}$",
    re.IGNORECASE,
)
_TURNS = 3

LEADS = leads(
    "customer client technical tech support service care success agent operator representative rep advisor adviser helpdesk admin "
    "administrator moderator "
    "staff bot chatbot chat virtual assistant auto automatic automated system mitarbeiter mitarbeiterin berater beraterin "
    "kundenservice kundendienst kundenbetreuung supporter conseiller "
    "conseillère opérateur assistance asesor asesora agente soporte operador servicio atención atendente suporte atendimento "
    "operatore assistenza servizio medewerker "
    "klantenservice konsultant konsultantka obsługa pomoc оператор поддержка служба агент консультант бот オ 担 サ 客 机 상 고 مندوب "
    "الدعم agen petugas cs"
)
"""What the line begins with on which an agent's turn may begin."""
_BRACKETED = re.compile(rf"[\[(](?:{_AGENT})[^)\]\n]{{0,20}}[\])][^\n:：]{{0,20}}[:：]", re.IGNORECASE)


def transcript_edits(s: str, leads: set[str]) -> tuple[list[Edit], int]:
    """(the turns that are not the customer's, ascending; how many turns that are). None where the text is no log of both sides."""
    if not _may_be_log(s, leads):
        return [], 0
    turns: list[tuple[int, str]] = []
    timed = False
    at = 0
    while at < len(s):
        end = s.find("\n", at)
        end = len(s) if end < 0 else end
        line = s[at:end]
        m = _TURN.match(line)
        if m is not None:
            timed = timed or any(ch.isdigit() for ch in line[:3])
            turns.append((at, "agent" if m["agent"] is not None else "customer" if m["customer"] is not None else "other"))
        elif len(line) < 160 and _EVENT.match(line) is not None:
            turns.append((at, "event"))
        at = end + 1
    kinds = [kind for _, kind in turns]
    agents, customers = kinds.count("agent"), kinds.count("customer")
    # Two labelled lines may be settings ('User: admin', 'Support: none'); a third, or the time of day, makes a log of them.
    if not agents or not customers or (agents + customers < _TURNS and not timed):
        return [], 0
    edits: list[Edit] = []
    left_out = 0
    for i, (start, kind) in enumerate(turns):
        if kind in ("agent", "event"):
            stop = turns[i + 1][0] if i + 1 < len(turns) else len(s)
            left_out += kind == "agent"
            if edits and edits[-1].end == start:
                edits[-1] = Edit(edits[-1].start, stop, "")
            else:
                edits.append(Edit(start, stop, ""))
    return edits, left_out


def _may_be_log(s: str, leads: set[str]) -> bool:
    if "\n" not in s or (":" not in s and "：" not in s):
        return False
    timed = any(lead[0].isdigit() for lead in leads)
    return timed or not LEADS.isdisjoint(leads) or _BRACKETED.search(s) is not None
