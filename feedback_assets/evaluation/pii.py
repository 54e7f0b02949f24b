"""How much personal data the shipped masker finds on labelled texts, and how much of what it masks is personal data.

A label is found when a find of a kind that agrees with its type overlaps it. A find is right when it agrees with a label that it overlaps.
Labels of types that the product does not cover (names, addresses, places, plain dates) are counted under `not_covered` and not scored; a
find that overlaps only such labels is neither right nor wrong, and counted under `set_aside`: a house number taken for a phone says nothing
about phones that the labels could judge. Every other find that overlaps no label is wrong. Labels may have the common names of types
(EMAIL_ADDRESS, email, US_SSN, ...), and start_position, end_position, entity_type in place of start, end, type.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from feedback_assets.evaluation.outcome import LabelError, Outcome, Row

_TYPES: dict[str, str] = {
    "email": """email email_address e_mail mail""",
    "phone": """phone phone_number telephone telephonenum phonenumber mobile fax fax_number tel""",
    "card": """card credit_card credit_card_number creditcard creditcardnumber debit_card payment_card""",
    "iban": """iban iban_code iban_number""",
    "account": """account account_number accountnum accountnumber bank_account bank_account_number us_bank_number customer_id customer
        medical_record customer_number client_number member_id policy_number au_abn au_acn bban""",
    "order": """order order_number order_id invoice invoice_number ticket tracking_number reference""",
    "national_id": """national_id ssn us_ssn us_itin uk_nhs uk_nino es_nif es_nie es_dni it_fiscal_code it_vat_code pl_pesel
        fi_personal_identity_code in_aadhaar in_pan sg_nric_fin au_tfn au_medicare kr_rrn th_tnin se_personnummer de_tax_id
        fr_nir nl_bsn br_cpf br_cnpj cpf cnpj be_nn pt_nif dk_cpr cn_id za_id ca_sin tax_id taxnum tax_number socialnum
        social_security_number socialnumber idcardnum id_card identity_number national_identity_number government_id id_number
        ru_inn ru_snils jp_my_number tr_id""",
    "passport": """passport passport_number us_passport passportnum it_passport in_passport uk_passport""",
    "licence": """licence license us_driver_license driver_license driver_licence driverlicensenum drivers_license it_driver_license""",
    "ip": """ip ip_address ipv4 ipv6 ipaddress ip_addr""",
    "mac": """mac mac_address macaddress""",
    "birth_date": """birth_date date_of_birth dob dateofbirth birthdate birthday""",
    "coordinates": """coordinates coordinate gps geo nearbygpscoordinate latlong geolocation""",
    "secret": """secret password token api_key apikey credential credentials access_token url_credentials bearer_token key auth_token pin
        private_key url_token""",
    "number": """number long_number""",
}
"""Kind of a placeholder -> names that labels have for it."""
_CANONICAL = {name: kind for kind, names in _TYPES.items() for name in names.split()}
_AGREES: dict[str, frozenset[str]] = {
    **{kind: frozenset({kind}) for kind in _TYPES},
    "iban": frozenset({"iban", "account"}),
    "account": frozenset({"account", "iban", "customer"}),
    "passport": frozenset({"passport", "national_id"}),
    "licence": frozenset({"licence", "national_id"}),
    "national_id": frozenset({"national_id", "passport", "licence"}),
    "secret": frozenset({"secret", "token", "credentials"}),
}
"""Type of a label -> kinds of placeholders that agree with it."""
_SHOWN = {"token": "secret", "credentials": "secret", "customer": "account"}
_KEY = bytes(32)


def measure(rows: Sequence[Row]) -> Outcome:
    """Precision, recall and F1 over all covered labels, and by type. Raises LabelError."""
    from feedback_assets.ground.placeholders import PATTERN
    from feedback_assets.silver.offsets import MappedText, raw_span
    from feedback_assets.silver.personal.masker import Masker, Policy

    texts = [text_of(row, number) for number, row in enumerate(rows, start=1)]
    labels = [labels_of(row, text, number) for number, (row, text) in enumerate(zip(rows, texts, strict=True), start=1)]
    mapped = [MappedText.raw(text) for text in texts]
    masker = Masker(Policy(_KEY))
    masker.mask_all(mapped[:100])
    begin = time.perf_counter()
    masked = masker.mask_all(mapped)
    seconds = time.perf_counter() - begin
    score = Score()
    for text, (shown, _), wanted in zip(texts, masked, labels, strict=True):
        offsets = shown.triples()
        spans = ((m[0][1:-1].partition(":")[0].lower(), *raw_span(offsets, m.start(), m.end())) for m in PATTERN.finditer(shown.text))
        score.add([(a, b, kind) for kind, a, b in spans if PATTERN.fullmatch(text[a:b]) is None], wanted)
    return Outcome(len(rows), seconds, score.figures())


class Score:
    """Labels found and missed, finds right and wrong, by type."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.not_covered: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()

    def add(self, finds: Sequence[tuple[int, int, str]], labels: Sequence[tuple[int, int, str]]) -> None:
        """One text's finds (start, end, kind of placeholder) and labels (start, end, type)."""
        good: set[tuple[int, int, str]] = set()
        beside: set[tuple[int, int, str]] = set()
        held: set[tuple[int, int, str]] = set()
        for start, end, name in labels:
            kind = _CANONICAL.get(_folded(name), "")
            over = [f for f in finds if f[0] < end and start < f[1]]
            if not kind:
                self.not_covered[name] += 1
                beside.update(over)
                continue
            held.update(over)
            agreeing = [f for f in over if f[2] in _AGREES[kind]]
            good.update(agreeing)
            (self.found if agreeing else self.missed)[kind] += 1
        for find in finds:
            kind = _SHOWN.get(find[2], find[2])
            if find in good:
                self.right[kind] += 1
            elif find in held or find not in beside:
                self.wrong[kind] += 1
            else:
                self.set_aside[kind] += 1

    def figures(self) -> dict[str, Any]:
        """The figures of all texts that were added."""
        kinds = sorted({*self.found, *self.missed, *self.right, *self.wrong})
        return {
            **_shares(self.right.total(), self.wrong.total(), self.found.total(), self.missed.total()),
            "per_type": {
                kind: {
                    **_shares(self.right[kind], self.wrong[kind], self.found[kind], self.missed[kind]),
                    "labels": self.found[kind] + self.missed[kind],
                }
                for kind in kinds
            },
            "not_covered": dict(sorted(self.not_covered.items())),
            "set_aside": dict(sorted(self.set_aside.items())),
        }


def _shares(right: int, wrong: int, found: int, missed: int) -> dict[str, float]:
    """Precision over finds, recall over labels; 0 where there is nothing to divide by."""
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = found / (found + missed) if found + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def _folded(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def text_of(row: Row, number: int) -> str:
    """The text of the row with that number. Raises LabelError."""
    value = row.get("text", row.get("full_text"))
    if not isinstance(value, str):
        raise LabelError(f"record {number}: a string expected under 'text', {_what(value)}")
    return value


def labels_of(row: Row, text: str, number: int) -> list[tuple[int, int, str]]:
    """(start, end, type) of the row's labels. Raises LabelError."""
    spans = row.get("spans")
    if not isinstance(spans, Sequence) or isinstance(spans, str):
        raise LabelError(f"record {number}: a list expected under 'spans', {_what(spans)}")
    out = []
    for place, span in enumerate(spans, start=1):
        if not isinstance(span, Mapping):
            raise LabelError(f"record {number}, span {place}: an object with start, end and type expected, {type(span).__name__} found")
        start, end = _first(span, "start", "start_position"), _first(span, "end", "end_position")
        name = _first(span, "type", "entity_type", "label")
        if not isinstance(name, str) or not name:
            raise LabelError(f"record {number}, span {place}: a string expected under 'type'")
        if not (isinstance(start, int) and isinstance(end, int)) or isinstance(start, bool) or not 0 <= start < end <= len(text):
            raise LabelError(f"record {number}, span {place}: 0 <= start < end <= {len(text)} expected, {start!r} and {end!r} found")
        out.append((start, end, name))
    return out


def _first(span: Mapping[str, Any], *names: str) -> Any:
    return next((span[n] for n in names if n in span), None)


def _what(value: object) -> str:
    return "it is missing" if value is None else f"{type(value).__name__} found"
