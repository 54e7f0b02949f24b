"""Check digits: the published examples hold, and one changed digit does not."""

from collections.abc import Callable

import pytest

from feedback_assets.silver.personal import checksums as check

HOLD: list[tuple[Callable[[str], bool], str]] = [
    (check.luhn, "4111111111111111"),
    (check.card, "378282246310005"),
    (check.card, "5555555555554444"),
    (check.iban, "GB82WEST12345698765432"),
    (check.iban, "de50100000000000000001"),
    (check.verhoeff, "499118665438"),
    (check.spanish, "12345678Z"),
    (check.spanish, "X0000001R"),
    (check.fiscal_code, "RSSMRA85M01H501Q"),
    (check.french, "185017800608427"),
    (check.german, "86095742719"),
    (check.dutch, "123456782"),
    (check.polish, "85010112345"),
    (check.cpf, "11144477735"),
    (check.cnpj, "11222333000181"),
    (check.finnish, "131052-308T"),
    (check.belgian, "85073003328"),
    (check.portuguese, "123456789"),
    (check.chinese, "11010519491231002X"),
    (check.australian_tax, "123456782"),
    (check.medicare, "2421235581"),
    (check.nhs, "9990000018"),
    (check.snils, "11223344595"),
    (check.russian_tax, "770708389324"),
    (check.japanese, "123456789018"),
    (check.turkish, "10000000146"),
    (check.norwegian, "01019012480"),
]


@pytest.mark.parametrize(("holds", "code"), HOLD, ids=lambda x: getattr(x, "__name__", x))
def test_an_example_holds_and_a_mistyped_one_does_not(holds: Callable[[str], bool], code: str) -> None:
    assert holds(code)
    place = 5
    wrong = code[:place] + str((int(code[place]) + 1) % 10 if code[place].isdigit() else 1) + code[place + 1 :]
    assert not holds(wrong)


def test_a_country_without_ibans_and_a_wrong_length_are_refused() -> None:
    assert not check.iban("US82WEST12345698765432")
    assert not check.iban("GB82WEST1234569876543")


def test_days_that_are_none_are_refused() -> None:
    assert check.day("000229")
    assert not check.day("000230")
    assert not check.day("17991231")
