"""The closed words of the field: one table for schemas, code and people."""

import json
import re

import pytest

import govflow
from govflow import vocabulary
from govflow.language.schema import schema
from govflow.vocabulary import Word

CJK = re.compile(r"[㐀-鿿]")


def test_every_word_has_a_name_in_both_languages() -> None:
    """Chinese names are Chinese, English ones are English, and each list is read by its words as written."""
    zh, en = govflow.words("zh-CN"), govflow.words("en-GB")
    assert zh.keys() == en.keys() and len(zh) > 15
    for name, names in en.items():
        assert names.keys() == zh[name].keys()
        assert all(text and not CJK.search(text) for text in names.values())
        assert all(CJK.search(text) for text in zh[name].values())
    assert (zh["light"]["red"], en["light"]["red"]) == ("红灯", "red")


def test_a_word_is_its_text() -> None:
    """A word equals, hashes, prints and is written as JSON like the text that stands in definitions and rows."""
    for kind in vars(vocabulary).values():
        if isinstance(kind, type) and issubclass(kind, Word):
            for word in kind:
                assert word == word.value and hash(word) == hash(word.value) and kind(word.value) is word
                assert f"{word}" == str(word) == word.value and json.dumps([word]) == json.dumps([word.value])


def test_an_unknown_language_is_named() -> None:
    """Another language is refused with what was found and what is understood."""
    with pytest.raises(govflow.InvalidInput, match="fr") as caught:
        govflow.words("fr")
    assert "zh" in caught.value.text("en") and caught.value.details == {"field": "lang"}


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        ("item", "properties.type", vocabulary.ItemType),
        ("item", "properties.case_type", vocabulary.CaseType),
        ("item", "properties.level", vocabulary.Level),
        ("item", "properties.state", vocabulary.DefinitionStatus),
        ("theme", "properties.state", vocabulary.DefinitionStatus),
    ],
)
def test_schemas_take_their_words_from_the_table(kind: str, path: str, words: type[Word]) -> None:
    """A closed list of a schema is the list of the table."""
    found = schema(kind)
    for key in path.split("."):
        found = found[key]
    assert found["enum"] == [word.value for word in words]
