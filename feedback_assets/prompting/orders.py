"""Where a text gives orders to a machine that reads it, in seventeen languages. Not here: what follows from that (claims.py).

A list of wordings finds what it knows and no more. It is the second line: the first is that an answer can only choose among given values,
needs evidence, and decides nothing. What it finds too much goes to people instead of past them.
"""

import re
from bisect import bisect_left, bisect_right

from feedback_assets.prompting.evidence import Span

# Beginnings of words, with "$" whole words; a blank is written "_". An order is a word of the first list and,
# within the sentence and not far from it, one of the second; in either order, as languages differ.
_SET_ASIDE = {
    "en": (
        "ignor disregard forget overrid bypass skip discard",
        "instruction prompt$ prompts rule direction guideline orders above previous policies schema taxonomy",
    ),
    "de": ("ignorier vergiss vergesst vergessen missacht überspring", "anweisung regel vorgabe instruktion befehl prompt"),
    "fr": ("ignore oublie néglige passe_outre", "instruction consigne règle directive ordre"),
    "es": ("ignora olvida omite descarta", "instruccion regla indicacion órdenes anterior"),
    "pt": ("ignor esqueç esquec desconsider", "instruç regra orientaç ordens anterior"),
    "it": ("ignora dimentica trascura", "istruzion regol indicazion ordini precedent"),
    "nl": ("negeer vergeet", "instructie regels opdracht aanwijzing"),
    "pl": ("zignoruj ignoruj zapomnij pomiń", "instrukcj poleceni zasad wytyczn"),
    "ru": ("игнорируй проигнорируй забудь пропусти", "инструкци указани правил команд"),
    "tr": ("yok_say unut görmezden dikkate_alma", "talimat komut kural yönerge"),
    "id": ("abaikan lupakan", "instruksi perintah aturan petunjuk"),
    "sv": ("ignorera glöm strunta", "instruktion regler anvisning"),
    "hi": ("अनदेखा भूल नज़रअंदाज़ नजरअंदाज", "निर्देश नियम आदेश"),
    "ar": ("تجاهل انس تجاوز", "التعليمات الأوامر القواعد تعليمات"),
}
_DECIDE = {
    "en": (
        "set mark make rate label classif categori tag flag treat score report return assign change use record file raise lower "
        "repeat duplicat",
        "severity confidence urgency sentiment category subcategory priority",
    ),
    "de": (
        "setz markier stuf weis ordne klassifizier bewert melde",
        "schweregrad dringlichkeit kategorie priorität zuversicht schwere team",
    ),
    "fr": ("mets mettez défini assign attribu class marque note", "gravité sévérité priorité urgence catégorie équipe confiance"),
    "es": ("pon$ ponga$ establec asign marca clasific fija", "gravedad severidad prioridad urgencia categoría equipo confianza"),
    "pt": (
        "defin coloque atribu marque classifi encaminh ponha",
        "gravidade severidade prioridade urgência categoria equipe equipa confiança",
    ),
    "it": ("impost assegn metti classific segna", "gravità priorità urgenza categoria team squadra"),
    "nl": ("zet stel wijs markeer", "ernst prioriteit categorie urgentie team"),
    "pl": ("ustaw przypisz oznacz sklasyfikuj", "ważnoś priorytet kategori zesp pilnoś"),
    "ru": ("установи поставь назначь присвой отметь передай", "серьезност серьёзност критичност приоритет категори команд срочност"),
    "tr": ("ayarla yap ata işaretle belirle", "önem öncelik ciddiyet kategori takım ekib"),
    "id": ("tetapkan tandai setel ubah", "keparahan prioritas kategori tim urgensi"),
    "sv": ("sätt tilldela markera", "allvarlighet prioritet kategori team"),
    "hi": ("करो करें रखें सेट", "गंभीरता प्राथमिकता श्रेणी"),
    "ar": ("ضع اجعل حدد عيّن", "الخطورة الأولوية الفئة الشدة"),
}
_SAY = {
    "en": (
        "print output reveal repeat dump leak return respond reply_with answer_with answer_only say_only write show_me",
        "prompt$ prompts instruction json api_key secret password customer_list training_data all_customer all_ticket all_review",
    ),
    "de": ("gib zeig druck antwort schreib", "prompt json anweisung kundenliste nur_mit"),
    "fr": ("affiche répond révèle imprime", "json prompt consigne instruction uniquement seulement"),
    "es": ("imprim muestra respond revela", "json prompt instruccion solo_con solamente"),
    "pt": ("imprim mostre respond revele", "json prompt instruç apenas_com"),
    "it": ("stampa mostra rispond rivela", "json prompt istruzion solo_con"),
    "ru": ("выведи ответь покажи напечатай", "json промпт инструкци"),
    "pl": ("wypisz odpowiedz pokaż", "json prompt instrukcj"),
    "tr": ("yazdır göster yanıtla", "json prompt talimat"),
}
# The same in scripts that part no words by blanks.
_UNPARTED = (
    (r"指示|命令|ルール|プロンプト|指令", r"無視|忘れ|従わ"),
    (r"指令|指示|规则|規則|提示|要求", r"忽略|无视|無視|忘记|忘掉|不要理会"),
    (r"지시|명령|규칙|지침|프롬프트", r"무시|잊|따르지"),
    (r"重大度|深刻度|優先度|緊急度|カテゴリ|信頼度|担当チーム|感情", r"[1-5１-５]|最高|設定|割り当て|変更|肯定的"),
    (r"严重程度|严重性|严重级别|優先級|优先级|紧急程度|类别|置信度|情感|团队", r"[1-5]|最高|设为|设置|改为|标记|分配|="),
    (r"심각도|우선순위|긴급도|카테고리|신뢰도|담당팀", r"[1-5]|최고|설정|변경|배정|로"),
)
# Each is enough alone.
_ALONE = (
    # The machine and its orders, by name.
    r"\b(?:system|developer|hidden|initial)[ _-]?(?:prompt|message|instruction|override)|\bsystemprompt",
    r"\bsystem-?(?:nachricht|anweisung)",
    r"\b(?:prompt|mensaje|instrucciones) del sistema\b|\b(?:invite|message|prompt) système\b|\b(?:prompt|mensagem) do sistema\b",
    r"\bprompt di sistema\b|\b(?:komunikat|prompt) systemow|\bsystemprompt|\bsistem (?:mesaj|istem|prompt)|\bpesan sistem\b",
    r"системн\w+ (?:промпт|сообщ|инстр)",
    r"系统(?:提示|指令|消息)|系統(?:提示|指令|訊息)|システム(?:プロンプト|メッセージ|指示)|시스템 ?(?:프롬프트|메시지|지시)",
    r"सिस्टम (?:प्रॉम्प्ट|संदेश)|رسالة النظام",
    r"\b(?:you are|act as|pretend to be|behave as) (?:now )?(?:an? |the )?(?:ai\b|assistant|language model|unrestricted|DAN\b|admin)",
    r"\byou(?: are|['’]re) (?:now|from now on)\b|\bfrom now on,? you\b",
    r"\bdu bist (?:jetzt|ab jetzt|nun|eine? KI)\b|\btu es (?:maintenant|désormais)\b",
    r"\b(?:eres|sos) (?:ahora|una IA)\b",
    r"\bvocê (?:é agora|agora é)\b|\b(?:ora sei|sei ora|adesso sei)\b|\bjesteś teraz\b|\bты теперь\b|\bje bent nu\b|\bdu är nu\b",
    r"你现在是|あなたは(?:今|これ)から|너는 이제",
    r"\bas an ai\b|\b(?:large )?language model\b|\bsprachmodell|\bmodèle de langage|\bmodelo de (?:lenguaje|linguagem)",
    r"\bmodello linguistico|\btaalmodel",
    r"\bjailbr(?:ea|o)k|\bprompt injection|\b(?:developer|admin|god|debug|maintenance) mode\b|\b(?:LLM|GPT)\b|языков\w+ модел|语言模型",
    r"語言模型|言語モデル|언어 모델",
    r"\b(?:dear|hey|hello|attention) (?:the |any |all |an )?(?:\w+ )?(?:ai|assistant|model|llm|bot)\b",
    r"\b(?:note|message|notice|instructions?) (?:to|for) (?:the |any |all |an )?(?:\w+ )?(?:ai|assistant|model|llm|bot)\b",
    r"\bto (?:the|any|all) (?:reviewing|reading|summari[sz]ing|processing) \w+",
    r"\bAI (?:assistant|reading|that reads|classifier|reviewer)",
    r"\b(?:hinweis|nachricht) an (?:die |das |den )?(?:KI|modell|assistent|system)",
    r"\b(?:nota|mensaje|mensagem|note|message|messaggio) (?:para|pour|per|à|al|a) (?:(?:la|el|o|a|il|le) |l['’])?(?:IA|AI)\b",
    r"\b(?:nota|mensaje|mensagem|note|message|messaggio) (?:para|pour|per|à|al|a) (?:(?:la|el|o|a|il|le) |l['’])?(?:model|modèl|assist)",
    r"这个模型|分类器|分類器|AI(?:へ|助手|アシスタント|에게)|인공지능에게|для (?:ИИ|модели|ассистента)|إلى (?:المساعد|النموذج|الذكاء)",
    # A role, a mark of a chat template, a tool, a fence.
    r"(?:^|[\n>\]}\"'.])\s{0,4}(?:#{1,6}\s{0,4}|\*\*|/)?(?:system|assistant|developer|tool|user)(?:\*\*)?\s{0,4}(?:\([^)\n]{0,40}\)\s{0,4})?:",
    r"<\s{0,4}[|｜]|[|｜]\s{0,4}>|\[\s{0,4}/?\s{0,4}(?:INST|SYS|SYSTEM)\s{0,4}\]|<<\s{0,4}/?\s{0,4}SYS",
    r"<\s{0,4}/?\s{0,4}(?:s|system|assistant|user|instructions?|prompt|text|feedback|data|customer_?text|document|tool_?call|function_?call|think)\s{0,4}/?\s{0,4}>",
    r"<\s{0,4}/?\s{0,4}(?:start|end)_of_turn\s{0,4}>|<<<|>>>|‹‹‹|›››|«««|»»»|≪|≫|⋘|⋙|＜＜|＞＞|&lt;&lt;|\x00",
    r"\bend of (?:the )?(?:text|feedback|data|customer|context|document|input|user)\b|\bBEGIN (?:SYSTEM|PROMPT|INSTRUCTION)",
    r"#{3,}\s{0,4}(?:instruction|system|response)",
    r"\b(?:tool_calls?|function_calls?|tool_use|functions?\.\w+)\b",
    r"\b(?:call|invoke|run) the (?:\w+ )?(?:tool|function|plugin|api)\b",
    # The fields of its answer, and their values.
    r"[\"'{“]\s{0,4}(?:issues|kind|category|subcategory|severity|confidence|owner|urgency|sentiment|sentiment_score|quotes|runner_up|summary|role)[\"'”]?\s{0,4}:",
    r"\b(?:category|subcategory|severity|confidence|owner|urgency|sentiment|priority|kind)\s{0,4}=\s{0,4}[\"']?\w",
    r"\b(?:severity|confidence|priority|urgency)\s{0,4}(?:is|to|level|score|(?:must|should) be|:|of)?\s{0,4}(?:[1-5]\b|[01]\.\d|max)",
    r"\b(?:severity|confidence|priority|urgency)\s{0,4}(?:is|to|level|score|(?:must|should) be|:|of)?\s{0,4}(?:100\s?%|critical|five\b)",
    r"\b(?:schweregrad|priorität|dringlichkeit|schwere)\s{0,4}(?:auf|:|=|ist)?\s{0,4}(?:[1-5]\b|höchst)",
    r"\b(?:gravité|sévérité|priorité)\s{0,4}(?:à|:|=|de)?\s{0,4}[1-5]\b",
    r"\b(?:gravedad|severidad|prioridad|gravidade|severidade|prioridade|gravità|priorità)\s{0,4}(?:a|en|em|para|:|=|de|di|al)?\s{0,4}[1-5]\b",
    r"\b(?:assign|route|escalate|reassign) (?:this|it|the (?:ticket|issue|report)|all|everything)\b[^.!?\n]{0,30}\bto\b",
    r"\bsentiment (?:must|should|has to|is to) be\b|\b(?:classify|rate|mark|treat|label) (?:everything|all|this|it) as\b",
    r"\b(?:put|write|copy|insert|return)\b[^.!?\n]{0,40}\b(?:in|into|for|as) (?:the|your) (?:summary|symptom|output|answer|quotes?|list)\b",
    # Hidden writing.
    r"(?-i:(?<![/\w.:-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*[0-9])[A-Za-z0-9+/]{40,}={0,2}(?![\w./-]))",
    r"\\u00[0-9a-f]{2}\\u00|(?:\b[0-9a-f]{2} ){12,}",
    r"\bbase64\b|\brot13\b",
    "[\U000e0020-\U000e007f]{3,}|[\u200b-\u200f\u2060-\u2064]{4,}|[\u202d\u202e]",
)


def _words(beginnings: str) -> str:
    found = (re.escape(w.rstrip("$")).replace("_", " ") + (r"\b" if w.endswith("$") else "") for w in beginnings.split())
    return rf"\b(?:{'|'.join(found)})"


def _near(one: str, other: str, gap: str) -> str:
    return f"(?:{one}){gap}(?:{other})|(?:{other}){gap}(?:{one})"


_PAIRS = [_near(_words(a), _words(b), r"[^.!?।؟\n]{0,60}") for group in (_SET_ASIDE, _DECIDE, _SAY) for a, b in group.values()]
_ORDERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (*_PAIRS, *(_near(a, b, "[^。！？.!?\n]{0,20}") for a, b in _UNPARTED), "|".join(_ALONE))
]
_SENTENCE_END = re.compile(r"[.!?…。！？؟।]+[\"'”’»)\]]*(?=\s|$|[^\x00-\u02ff])|\n+")


def orders(text: str) -> tuple[Span, ...]:
    """The sentences of the text in which a machine is addressed, from the start. Spans of the text as it is given."""
    hits = [m.span() for pattern in _ORDERS for m in pattern.finditer(text)]
    if not hits:
        return ()
    ends = sorted({*(m.end() for m in _SENTENCE_END.finditer(text)), len(text)})
    hit: set[int] = set()  # places of sentences, by their ends
    for start, end in hits:
        hit.update(range(bisect_right(ends, start), bisect_left(ends, end) + 1))
    return tuple(Span(ends[i - 1] if i else 0, ends[i]) for i in sorted(hit))
