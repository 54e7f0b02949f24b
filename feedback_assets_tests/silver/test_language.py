import pytest

from feedback_assets.silver.language import NOTHING, LanguageDetector

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
    "pl": "Po aktualizacji aplikacja przestała działać i nie mogę się zalogować",
    "tr": "Son güncellemeden sonra uygulama açılmıyor",
    "ru": "После обновления приложение не запускается",
    "uk": "Після оновлення застосунок більше не працює",
    "cs": "Po aktualizaci se aplikace vůbec nespustí",
    "hu": "A frissítés óta nem indul el az alkalmazás",
    "fi": "Päivityksen jälkeen sovellus ei enää käynnisty",
    "ja": "アップデート後にアプリが起動しません",
    "zh": "更新之后应用打不开了",
    "ko": "업데이트 후 앱이 열리지 않습니다",
    "th": "หลังอัปเดตแอปเปิดไม่ได้",
    "ar": "بعد التحديث لا يعمل التطبيق",
    "he": "אחרי העדכון האפליקציה לא נפתחת",
    "el": "Μετά την ενημέρωση η εφαρμογή δεν ανοίγει",
    "hi": "अपडेट के बाद ऐप नहीं खुल रहा है",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_is_told_whatever_the_locale_says(language: str, text: str) -> None:
    assert DETECTOR.detect(text)[0] == language
    assert DETECTOR.detect(text, "en-US")[0] == language
    assert DETECTOR.detect(text.upper())[0] == language


@pytest.mark.parametrize("text", ["", "👍👍", "12345 !!", "[EMAIL]", "https://example.org/path"])
def test_without_words_no_language_is_claimed(text: str) -> None:
    assert DETECTOR.detect(text, "de-DE") == NOTHING


def test_gibberish_is_not_claimed_surely() -> None:
    assert DETECTOR.detect("hgjfyu ytyttyug qqzx").confidence < 0.5


def test_the_locale_decides_where_a_short_text_does_not() -> None:
    assert DETECTOR.detect("still broken", "en-GB")[0] == "en"
    assert DETECTOR.detect("geht nicht", "de-AT")[0] == "de"
    assert DETECTOR.detect("no funciona", "es")[0] == "es"


def test_only_languages_of_the_set_are_told() -> None:
    few = LanguageDetector(("en", "fr"))
    assert {few.detect(text)[0] for text in SENTENCES.values()} <= {"en", "fr", "und"}
