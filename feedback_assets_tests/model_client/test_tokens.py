"""The estimate of tokens is above what a tokenizer counts, for ordinary text in many languages, and not by much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.tokens import estimated_tokens, message_tokens

TEXTS = {
    "en": "The app crashes every time I open the settings page since version 4.2.1, and nobody answers my mails.",
    "de": "Seit dem letzten Update stürzt die App beim Öffnen der Einstellungen jedes Mal ab, und niemand antwortet auf meine E-Mails.",
    "fr": "Depuis la dernière mise à jour, l'application plante à chaque ouverture des réglages, et personne ne répond à mes courriels.",
    "ru": "После последнего обновления приложение вылетает каждый раз, когда я открываю настройки.",
    "ja": "最新のアップデート以降、設定画面を開くたびにアプリが落ちます。サポートからの返信もありません。",
    "zh": "自从上次更新以来，每次打开设置页面应用程序都会崩溃，而且没有人回复我的邮件。",
    "ar": "منذ التحديث الأخير يتعطل التطبيق في كل مرة أفتح فيها صفحة الإعدادات",
    "code": "TypeError: cannot read property 'id' of undefined at https://cdn.example.com/app/main.4f2a9c.js:1:20345 {\"order\": 4471}",
    "key": "session token dGhpcyBpcyBhIGxvbmcgYmFzZTY0IHN0cmluZyB3aXRob3V0IHNwYWNlcyBpbiBpdA== was refused",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_estimate_is_not_below_a_real_tokenizers_count(name: str) -> None:
    """Llama 2's tokenizer, the one that is at hand, has a third of the vocabulary of GPT's and needs more tokens for Latin text. For
    scripts that it knows only as single bytes its count says nothing: there the estimate is at least three tokens for four characters."""
    text = TEXTS[name]
    if name in ("ja", "zh", "ar"):
        assert estimated_tokens(text) >= 0.75 * len(text)
        return
    from pathlib import Path

    import wordllama

    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    model.tokenizer.no_padding()
    counted = len(model.tokenizer.encode(text, add_special_tokens=False).ids)
    assert counted <= estimated_tokens(text) * 1.05
    assert estimated_tokens(text) <= 3.2 * counted


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_an_estimate_that_grows_with_it_and_is_never_above_three_a_character(one: str, two: str) -> None:
    both = estimated_tokens(one + two)
    assert both >= max(estimated_tokens(one), estimated_tokens(two)) - 1
    assert 0 <= estimated_tokens(one) <= 3 * len(one)


def test_each_message_has_its_frame() -> None:
    assert message_tokens([{"role": "user", "content": ""}] * 3) == 15
