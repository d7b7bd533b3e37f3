"""The price table: the shipped one, the county's own, and what is said of a bad one."""

from __future__ import annotations

import pytest

from dagster_project.planning.prices import PricesInvalid, read_prices, without_hires


def table(tmp_path, *lines: str):
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["indicator_id,action,price_yuan", *lines, ""]), "utf-8")
    return path


def test_every_indicator_has_a_price_and_says_that_it_is_assumed():
    prices = read_prices()
    assert {identity for identity, _ in prices} == {f"L{i}" for i in range(1, 8)}
    assert all(price.yuan > 0 for price in prices.values())
    assert "to confirm" in prices["L4", "add"].status


def test_own_rows_replace_and_a_blank_price_is_not_to_be_had(tmp_path):
    prices = read_prices(table(tmp_path, "L4,add,2500", "L1,hire,"))
    assert prices["L4", "add"].yuan == 2500
    assert prices["L1", "hire"].can_be_had is False
    assert prices["L5", "add"] == read_prices()["L5", "add"]


def test_without_hires():
    assert without_hires(read_prices())["L2", "hire"].can_be_had is False


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["L9,add,5"], "line 2: there is no price for 'L9 add'"),
        (["L4,add,5", "L5,add,cheap"], "line 3, price_yuan: 'cheap' is no price"),
        (["L4,add,-1"], "is no price"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(tmp_path, lines, sentence):
    with pytest.raises(PricesInvalid, match=sentence):
        read_prices(table(tmp_path, *lines))


def test_a_table_without_prices_is_refused(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("item,cost\nL4,5\n", "utf-8")
    with pytest.raises(PricesInvalid, match="price_yuan"):
        read_prices(path)
    with pytest.raises(PricesInvalid, match="cannot be opened"):
        read_prices(tmp_path / "none.csv")
