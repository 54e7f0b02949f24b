"""The words that stand before a number and say what it is: roles by word, in many languages. Not here: what a number looks like.

A role holds when its word stands right before the number, with nothing between but words that say "number", "is", "my" and such. A word
for telephoning holds over a few other words too ("call us today at ..."). A placeholder or a line that ends is a wall.
"""

import re

ORDER, ACCOUNT, PHONE, NATIONAL, MAYBE_NATIONAL, PASSPORT, LICENCE, BIRTH, CARD, KEEP, NEAR_PHONE = (
    "order", "account", "phone", "national_id", "maybe_national_id", "passport", "licence", "birth_date", "card", "keep", "near_phone",
)  # fmt: skip

REACH = 72
"""Characters that are looked at before a number."""
_NEAR_WORDS = 6

_WORDS: dict[str, str] = {}


def _say(role: str, words: str) -> None:
    for word in words.split():
        _WORDS[word] = role


_say(
    ORDER,
    """order orders ordernumber orderno orderid bestellung bestellnummer bestellnr auftrag auftragsnummer auftragsnr vorgang
    vorgangsnummer commande pedido pedidos ordine ordini bestelling bestelnummer ordernummer bestellingsnummer zamówienie zamówienia
    zamówieniu beställning beställningsnummer ordrenummer ordre encomenda tilaus tilausnumero tilausnro sipariş siparişi invoice
    invoices rechnung rechnungsnummer rechnungsnr facture factura fattura fatura faktura fakturanummer ticket tickets ticketnummer
    case tracking trackingnumber booking buchung buchungsnummer réservation reserva prenotazione boeking boekingsnummer rezerwacja
    reservation shipment sendung sendungsnummer colis parcel paquete pacco receipt kvitto reference referentie referenz
    referenznummer ref réf référence riferimento referencia referência transaction transaktion transacción transação transazione rma
    заказ заказа заказу заказе заказом бронь накладная objednávka objednávky comandă narudžba rendelés παραγγελία""",
)
_say(
    ACCOUNT,
    """account accounts acct konto kontonummer kontonr compte cuenta conta conto rekening rekeningnummer customer customernumber client
    clientnumber kunden kunde kundennummer kundennr kundnummer kundenummer kontonumer klant klantnummer klantnr member membership
    memberid mitglied mitgliedsnummer membre socio sócio policy police versicherungsnummer poliza póliza apólice polizza userid
    user-id user benutzer benutzernummer usuario usuário utente utilisateur cliente clienti klient klienta klienci asiakas
    asiakasnumero müşteri contract vertrag vertragsnummer contrat contrato contratto subscriber abonnement abonnent loyalty routing
    iban bic sort счет счёт счета счёта лицевой клиент клиента договор договора imei iccid""",
)
_say(
    PHONE,
    """phone phones phonenumber tel telephone telefon telefono teléfono telefone téléphone telefonnummer telefonnr telefoonnummer
    telefoon telefoni telefonu telefonum numer mobile mobil mobilnummer mobiltelefon cell cellphone cel celular handy handynummer
    fax faxnummer whatsapp helpline hotline rufnummer móvil telemóvel portable cellulare fijo fisso fixe festnetz gsm puhelin
    puhelinnumero тел телефон телефона телефону сотовый мобильный telefoonnr komórka τηλέφωνο""",
)
_say(
    NEAR_PHONE,
    """call calls calling called callme phoned contact contacting contacted kontakt kontaktieren contactez contactar contatto voicemail
    dialed dialled dial ring ringing text sms reach answering rückruf anrufen anruf ruf rufen erreichbar erreichen appelez appeler
    appelle joindre joignable llamar llámame llamadme llame llamen llamo liguem ligue ligar ligar-me chiamatemi chiamare chiamate
    chiamami bel bellen dzwońcie dzwoń zadzwoń zadzwońcie dzwonić звоните позвоните звонить звонил ringa nås soita soittaa arayın
    ara zavolejte hívjon""",
)
_say(
    NATIONAL,
    """ssn ssns nino dni nie pesel regon cpf cnpj bsn burgerservicenummer personnummer samordningsnummer hetu henkilötunnus
    henkilötunnukseni cpr-nummer cprnummer fødselsnummer aadhaar aadhar adhaar medicare curp steuer-id steuerid steuernummer
    steueridentifikationsnummer steuer-identifikationsnummer sozialversicherungsnummer rentenversicherungsnummer
    personalausweisnummer ausweisnummer fiscale insee rijksregisternummer kimlik инн снилс snils oib jmbg rodné edrpou
    krankenversicherungsnummer versichertennummer contribuinte personalausweis cédula cedula nric""",
)
# Words that are other words too: sin (without), ein (a), an inn, an airport. The number must bear them out.
_say(MAYBE_NATIONAL, "nhs nir nif cif nip cpr pan tfn sin itin ein tin rfc inn cnp egn")
_say(
    PASSPORT,
    """passport passports passeport pasaporte passaporto passaporte reisepass reisepassnummer paspoort paspoortnummer paszport
    paszportu passnummer паспорт паспорта pasaport pasaportum passi""",
)
_say(
    LICENCE,
    """licence license licences licenses licencenumber driver's führerschein führerscheinnummer permis patente rijbewijs
    rijbewijsnummer körkort körkortsnummer ajokortti ehliyet""",
)
_say(
    BIRTH,
    """born birthday birthdate dob birth geboren geb geburtsdatum geburtstag né née naissance nacido nacida nací naci nacimiento nato
    nata nascita nascido nascida nasci nascimento geboortedatum geboorte urodzenia urodzony urodzona urodziłem urodziłam född
    födelsedatum fødselsdato født syntymäaika syntynyt syntymäpäivä doğum doğdum doğumlu doğumluyum рождения родился родилась рожд
    narozen narozena narození született născut născută γέννησης d.o.b birth-date nac nasc f.nac fødd geboortedag narodenia""",
)
_say(
    CARD,
    """card cards cc karte kreditkarte kreditkartennummer kartennummer carte tarjeta cartão cartao carta creditcard creditcardnummer
    kort kortnummer karta karty kartı карта карты visa mastercard amex""",
)
_say(
    KEEP,
    """error errors fehler fehlercode fehlernummer erreur errore erro błąd foutcode fout felkod fel virhekoodi virhe hatası code codes
    kod hresult exception bug bugs issue build builds version versions versión versione versão versie wersja versio sürüm версия
    сборка ошибка firmware release isbn ean upc gtin sku asin model modell modelo modello modèle modellen artikel artikelnummer
    article artículo articolo artigo tuote part parts teil teilenummer teilenr bytes byte took wrote exit status checksum crc commit
    revision rev timestamp kb cve rfc2616 product produit producto prodotto produto produkt produktnummer lote lot batch""",
)

_PAIRS = {
    ("social", "security"): NATIONAL,
    ("sécurité", "sociale"): NATIONAL,
    ("seguridad", "social"): NATIONAL,
    ("segurança", "social"): NATIONAL,
    ("national", "insurance"): NATIONAL,
    ("ni", "number"): NATIONAL,
    ("ni", "no"): NATIONAL,
    ("national", "id"): NATIONAL,
    ("tax", "id"): NATIONAL,
    ("tax", "file"): NATIONAL,
    ("id", "card"): NATIONAL,
    ("carte", "vitale"): NATIONAL,
    ("codice", "fiscale"): NATIONAL,
    ("steuer", "id"): NATIONAL,
    ("medical", "record"): ACCOUNT,
    ("contact", "number"): PHONE,
    ("toll", "free"): PHONE,
    ("phone", "number"): PHONE,
    ("vehicle", "registration"): ACCOUNT,
    ("error", "code"): KEEP,
    ("error", "number"): KEEP,
    ("part", "number"): KEEP,
    ("model", "number"): KEEP,
    ("product", "code"): KEEP,
    ("código", "producto"): KEEP,
    ("case", "of"): "",
    ("in", "case"): "",
    ("this", "case"): "",
    ("fax", "no"): PHONE,
}
"""Two words that stand together, where one of them alone says something else or nothing."""

_FILLERS = frozenset(
    """number numbers num no nos nr nro n id ids code is was are ist war lautet lauten est es è é och on at to the a my your his her
    their our mein meine meiner ihre seine mon ma mes mi mis il la le el o os as su sus mijn zijn haar mój moja moje mitt min mina
    numero número numéro nummer numer numara numarası numaram numerem номер номера № nº n° nro. del de du der des di da dello della
    do van von of for which e = er being namely also как мой у meu minha mio mia me us you em en am at: auf unter zu op pod på till
    an nr. no. # : date data fecha datum is: numéros numbers: security insurance social nacimento em: card with named called ending
    final""".split()  # noqa: SIM905
)

_OWN = frozenset("my his her our their your mein meine meiner mon ma mi mio mia meu minha mijn mitt mój moja moje мой benim".split())  # noqa: SIM905
_NUMBER_WORDS = frozenset("number numbers numero numéro número nummer numer numara numarası номер".split())  # noqa: SIM905

_UNSPACED: tuple[tuple[str, str], ...] = (
    (ORDER, "订单号 订单 注文番号 注文 주문번호 주문 訂單號 訂單 快递单号 追跡番号"),
    (ACCOUNT, "账号 帐号 账户 賬號 口座番号 口座 会員番号 회원번호 계좌번호 계좌 客户号 会员号 お客様番号 顧客番号"),
    (PHONE, "手机号码 手机号 手机 电话号码 电话 電話番号 電話 手機 携帯 전화번호 전화 연락처 휴대폰 微信"),
    (NATIONAL, "身份证号码 身份证号 身份证 身分證 マイナンバー 個人番号 주민등록번호 주민번호"),
    (PASSPORT, "护照号 护照 パスポート番号 パスポート 여권번호 여권 護照"),
    (LICENCE, "驾驶证号 驾照 免許証番号 運転免許 운전면허"),
    (BIRTH, "出生日期 出生于 生于 生日 生年月日 誕生日 생년월일 생일"),
    (CARD, "银行卡号 卡号 信用卡 クレジットカード 카드번호 カード番号"),
    (KEEP, "错误代码 错误码 版本 エラーコード バージョン ビルド 型番 型号 오류 버전 모델"),
)
_UNSPACED_WORDS = tuple((role, word) for role, words in _UNSPACED for word in words.split())
_BARRIER = re.compile(r"[\n\]<>|{}]")
_DIGIT = re.compile("[0-9]")
_WORD = re.compile(r"[^\W_](?:[\w'’.-]*\w)?|[#№]")
_LABEL_BEHIND = re.compile(r"[ \t]{0,2}[-–(\[,/|:]?[ \t]{0,2}([^\W\d_]{2,12})(?!\w)")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def role_before(s: str, start: int) -> str:
    """The role of a number that starts there, by the words before it; empty when they say nothing."""
    window = _window(s, start)
    if not window.isascii() and _CJK.search(window) is not None and (role := _unspaced(window)):
        return role
    words = _WORD.findall(window)
    adjacent = True
    number = False
    for i in range(len(words) - 1, max(-1, len(words) - 2 - _NEAR_WORDS), -1):
        word = words[i]
        if _DIGIT.search(word) is not None:
            break
        if adjacent and (role := _role_of(words, i)):
            return role
        if _WORDS.get(word) is NEAR_PHONE:
            return PHONE
        number = number or word in _NUMBER_WORDS
        if adjacent and number and word in _OWN:
            return PHONE  # "my number" alone is a telephone's
        adjacent = adjacent and word in _FILLERS
    return ""


def _window(s: str, start: int) -> str:
    """What stands before, back to a wall, in lower case."""
    window = s[start - REACH if start > REACH else 0 : start]
    cut = 0
    for m in _BARRIER.finditer(window):
        cut = m.end()
    return window[cut:].lower().replace("’", "'")


def _role_of(words: list[str], i: int) -> str:
    """What the word says that stands right before, together with the one before it."""
    word = words[i]
    pair = _PAIRS.get((words[i - 1], word)) if i else None
    role = pair if pair is not None else _WORDS.get(word, "")
    if not role and ("-" in word or "." in word or "'" in word):
        role = _compound(word)
    if role is KEEP and i and (of := _WORDS.get(words[i - 1], "")) in (ORDER, ACCOUNT):
        return of  # an order code, a customer code
    return "" if role is NEAR_PHONE else role


_LABELS_BEHIND = frozenset(
    """office fax mobile mobil cell home work phone tel telephone telefon handy büro privat privé oficina casa bureau domicile travail
    ufficio cellulare celular móvil movil telefax landline whatsapp werk thuis dom praca biuro arbete hem kantoor""".split()  # noqa: SIM905
)


_BORN_BEHIND = ("生まれ", "生", "出生", "생")


def phone_label_after(s: str, end: int) -> bool:
    """Whether a signature's label stands right behind a number: "785 8949 office", "(fax)", "- mobile"."""
    m = _LABEL_BEHIND.match(s, end)
    return m is not None and m[1].lower() in _LABELS_BEHIND


def speaks_of_birth(s: str, start: int, end: int) -> bool:
    """Whether a word for being born stands a few words before s[start:end] ("born in Ohio on"), or right behind it."""
    if role_before(s, start) is BIRTH or s.startswith(_BORN_BEHIND, end):
        return True
    for word in reversed(_WORD.findall(_window(s, start))[-5:]):
        if _WORDS.get(word) is BIRTH:
            return True
        if _DIGIT.search(word) is not None:
            return False
    return any(_WORDS.get(word) is BIRTH for word in _WORD.findall(s[end : end + 24].lower())[:2])


def _compound(word: str) -> str:
    """The role of the last part of a joined word: l'iban, e-ticket, no.order."""
    for sign in "'-.":
        if sign in word:
            role = _WORDS.get(word.rpartition(sign)[2], "")
            if role:
                return role
    return ""


def _unspaced(window: str) -> str:
    """The role of the word of a script without spaces that ends nearest before the number."""
    best, role = -1, ""
    tail = window[-16:]
    for name, word in _UNSPACED_WORDS:
        at = tail.rfind(word)
        if at >= 0 and at + len(word) > best:
            best, role = at + len(word), name
    return role
