from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.language import LANGUAGES, NOTHING, LanguageDetector, canonical, model
from feedback_assets.silver.language.grams import NONE, ORDERS, rows, triples
from feedback_assets.silver.language.scripts import ALONE, MODELLED, shares
from feedback_assets.silver.language.words import RUNNING, folded

DETECTOR = LanguageDetector()
SENTENCES = {
    "en": "The app crashes every time I open my saved articles",
    "de": "Seit dem letzten Update stürzt die App beim Öffnen sofort ab",
    "fr": "Depuis la mise à jour, l'application se ferme toute seule",
    "es": "Desde la última actualización la aplicación se cierra sola",
    "pt": "Depois da atualização o aplicativo não abre mais",
    "it": "Dopo l'aggiornamento l'applicazione non si apre più",
    "nl": "Sinds de laatste update start de app niet meer op",
    "sv": "Efter uppdateringen går det inte längre att logga in",
    "da": "Efter opdateringen kan jeg ikke længere logge ind, og det er meget irriterende",
    "no": "Etter oppdateringen får jeg ikke lenger logget inn, og det er veldig irriterende",
    "pl": "Po aktualizacji aplikacja przestała działać i nie mogę się zalogować",
    "tr": "Son güncellemeden sonra uygulama açılmıyor",
    "az": "Son yeniləmədən sonra tətbiq açılmır və hesabıma daxil ola bilmirəm",
    "ru": "После обновления приложение не запускается",
    "uk": "Після оновлення застосунок більше не працює",
    "bg": "След обновяването приложението не се отваря",
    "sr": "После ажурирања апликација више не ради",
    "cs": "Po aktualizaci se aplikace vůbec nespustí",
    "sk": "Po aktualizácii sa aplikácia vôbec nespustí",
    "hr": "Nakon ažuriranja aplikacija se više ne otvara",
    "sl": "Po posodobitvi se aplikacija sploh ne odpre več",
    "et": "Pärast uuendust ei avane rakendus enam üldse",
    "lv": "Pēc atjaunināšanas lietotne vairs neatveras",
    "lt": "Po atnaujinimo programėlė nebeatsidaro",
    "hu": "A frissítés óta nem indul el az alkalmazás",
    "fi": "Päivityksen jälkeen sovellus ei enää käynnisty",
    "ro": "După actualizare aplicația nu se mai deschide",
    "id": "Setelah pembaruan aplikasi tidak bisa dibuka lagi",
    "vi": "Sau khi cập nhật ứng dụng không mở được nữa",
    "tl": "Pagkatapos ng pag-update hindi na mabuksan ang app",
    "ja": "アップデート後にアプリが起動しません",
    "zh": "更新之后应用打不开了",
    "ko": "업데이트 후 앱이 열리지 않습니다",
    "th": "หลังอัปเดตแอปเปิดไม่ได้",
    "ar": "بعد التحديث لا يعمل التطبيق",
    "fa": "بعد از به‌روزرسانی برنامه باز نمی‌شود",
    "he": "אחרי העדכון האפליקציה לא נפתחת",
    "el": "Μετά την ενημέρωση η εφαρμογή δεν ανοίγει",
    "hi": "अपडेट के बाद ऐप नहीं खुल रहा है",
    "ta": "புதுப்பித்த பிறகு செயலி திறக்கவில்லை",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_is_told_whatever_the_locale_says(language: str, text: str) -> None:
    assert DETECTOR.detect(text).language == language
    assert DETECTOR.detect(text, "en-US").language == language
    assert DETECTOR.detect(text.upper()).language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [("funktioniert", "de"), ("ça marche pas", "fr"), ("werkt niet", "nl"), ("přihlášení", "cs"), ("toimii", "fi"), ("работает", "ru")],
)
def test_one_or_two_words_are_enough(text: str, language: str) -> None:
    assert DETECTOR.detect(text).language == language


@pytest.mark.parametrize(
    "text", ["", "👍👍", "12345 !!", "[EMAIL]", "[EMAIL:k7f3q2xz]", "https://example.org/path", "a@example.com", "#42"]
)
def test_without_words_no_language_is_claimed(text: str) -> None:
    assert DETECTOR.detect(text, "de-DE") == NOTHING


@pytest.mark.parametrize("text", ["hgjfyu ytyttyug qqzx", "qwrtzp", "xxqzv kjhgfq"])
def test_slips_over_the_keys_are_not_claimed(text: str) -> None:
    assert DETECTOR.detect(text).language == "und"


def test_the_locale_decides_where_a_short_text_does_not_and_that_is_recorded() -> None:
    assert DETECTOR.detect("still broken", "en-GB").language == "en"
    assert DETECTOR.detect("geht nicht", "de-AT").language == "de"
    plain = DETECTOR.detect("no").language
    for locale in ("es-MX", "it", "en", "pt_BR"):
        told = DETECTOR.detect("no", locale)
        assert told.language == canonical(locale)
        assert told.basis == ("text" if told.language == plain else "text+locale")
    assert {DETECTOR.detect("no", locale).language for locale in ("es", "it", "en")} == {"es", "it", "en"}
    assert DETECTOR.detect("設定画面", "ja-JP")[::2] == ("ja", "script+locale")
    assert DETECTOR.detect("設定画面").language == "zh"
    assert DETECTOR.detect("The app does not start", "en").basis == "text"


def test_only_languages_of_the_set_are_told() -> None:
    few = LanguageDetector(("en", "fr"))
    told = {language: few.detect(text).language for language, text in SENTENCES.items()}
    assert (told["en"], told["fr"]) == ("en", "fr")
    assert set(told.values()) <= {"en", "fr", "und"}
    assert told["ru"] == told["de"] == told["pl"] == "und"


@pytest.mark.parametrize(
    "text",
    [
        "Die Seite https://www.example.com/account/settings/overview.html lädt nicht mehr",
        "Bitte an support.team@example.com weiterleiten, das geht nicht",
        "Das Update auf v2.3.1-beta geht nicht (error_code_network_timeout)",
        "[NAME:abcdefgh] [EMAIL:k7f3q2xz] kann sich nicht anmelden",
        "ok thanks, aber das Update geht nicht",
    ],
)
def test_addresses_codes_and_placeholders_do_not_mislead(text: str) -> None:
    assert DETECTOR.detect(text).language == "de"


def test_two_languages_are_told_stretch_by_stretch() -> None:
    english = "Hello team, I have a problem with my account and cannot log in."
    german = "Seit dem letzten Update stürzt die App beim Öffnen sofort ab, danke für die Hilfe."
    text = f"{english} {german}"
    segments = DETECTOR.detect(text).segments
    assert [s.language for s in segments] == ["en", "de"]
    first, second = (text[s.start : s.end] for s in segments)
    assert first.startswith("Hello team")
    assert "Seit dem" in second
    assert second.endswith("Hilfe")


def test_two_scripts_are_told_stretch_by_stretch() -> None:
    text = "The app does not start since this morning 更新之后应用打不开了 请尽快修复"
    told = DETECTOR.detect(text)
    assert [(s.language, text[s.start : s.end]) for s in told.segments] == [
        ("en", "The app does not start since this morning"),
        ("zh", "更新之后应用打不开了 请尽快修复"),
    ]


@pytest.mark.parametrize("text", SENTENCES.values())
def test_a_text_of_one_language_has_no_stretches(text: str) -> None:
    assert DETECTOR.detect(f"{text}. {text}!").segments == ()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.one_of(st.text(max_size=300), st.sampled_from(sorted(SENTENCES.values()))), st.sampled_from(["", "de", "pt-BR", "ja"]))
    )
)
def test_what_is_told_of_a_text_does_not_depend_on_its_neighbours(rows: list[tuple[str, str]]) -> None:
    texts, locales = [t for t, _ in rows], [locale for _, locale in rows]
    together = DETECTOR.detect_batch(texts, locales)
    assert together == [LanguageDetector().detect(text, locale) for text, locale in rows]
    for text, told in zip(texts, together, strict=True):
        assert told.language == "und" or told.language in LANGUAGES
        assert 0.0 <= told.confidence <= 1.0
        ends = [(s.start, s.end) for s in told.segments]
        assert ends == sorted(ends)
        assert all(0 <= start < end <= len(text) for start, end in ends)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcxyzäßжعक", min_size=1, max_size=12), min_size=1, max_size=20))
def test_a_word_has_the_same_rows_whatever_stands_beside_it(words: list[str]) -> None:
    together, starts = rows(words, 17)
    parts = np.split(together, starts[1:])
    for word, part in zip(words, parts, strict=True):
        alone, _ = rows([word], 17)
        assert part.tolist() == alone.tolist()
        length = len(word) + 2
        assert (part != NONE).sum() == len(word) + sum(max(0, length - n + 1) for n in range(2, ORDERS + 1))
    numbers, begins = triples(words)
    for word, part in zip(words, np.split(numbers, begins[1:]), strict=True):
        assert part.tolist() == triples([word])[0].tolist()
        assert len(part) == len(word)


def test_words_that_are_forgotten_are_judged_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = DETECTOR.detect_batch(list(SENTENCES.values()))
    monkeypatch.setattr(model, "_CACHED", 8)
    assert DETECTOR.detect_batch(list(SENTENCES.values())) == before


def test_a_model_that_is_not_the_described_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copytree(Path(model.__file__).parent, tmp_path / "language")
    monkeypatch.setattr(model, "files", lambda _: tmp_path / "language")
    monkeypatch.setattr(model, "load", model.load.__wrapped__)
    assert set(model.load()) == set(MODELLED)
    with (tmp_path / "language" / "model.npz").open("ab") as f:
        f.write(b"x")
    with pytest.raises(model.ModelError, match="sha256"):
        model.load()
    (tmp_path / "language" / "model.npz").unlink()
    with pytest.raises(model.ModelError, match="missing"):
        model.load()


def test_running_words_leave_addresses_and_numbers_out() -> None:
    text = "Mail me@example.com or see https://example.com/a-b, v2 of the file.txt and/or x1 the end."
    assert RUNNING.findall(folded(text)) == ["mail", "or", "see", "b", "of", "the", "the", "end"] or "example" not in RUNNING.findall(
        folded(text)
    )
    assert {"me", "com", "https", "file", "txt", "v", "x"}.isdisjoint(RUNNING.findall(folded(text)))


def test_letters_are_counted_by_script() -> None:
    assert shares("abc абв") == {"latin": 0.5, "cyrillic": 0.5}
    assert shares("漢字かな") == {"kana": 1.0}
    assert shares("123 !?") == {}
    assert len({code for codes in MODELLED.values() for code in codes} | set(ALONE.values())) == len(LANGUAGES) >= 60


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("de-AT", "de"),
        ("pt_BR", "pt"),
        ("nb", "no"),
        ("zh-Hant", "zh"),
        ("fil", "tl"),
        ("iw", "he"),
        ("sr-Latn", "hr"),
        ("sr", "sr"),
        ("", ""),
    ],
)
def test_codes_are_written_one_way(code: str, language: str) -> None:
    assert canonical(code) == language
