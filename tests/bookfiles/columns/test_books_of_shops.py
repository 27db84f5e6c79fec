"""Exports of books from shop systems are recognised by their headers."""

from decimal import Decimal

from bookfiles.values.prices import Price
from tests.bookfiles.columns import exports
from tests.bookfiles.files import books_of, filled

ISBN = "9780441013593"


def test_shopify_products() -> None:
    """Variants are books of their own with what their product says; rows of pictures are skipped, not refused."""
    dune = {
        "Handle": "dune",
        "Title": "Dune",
        "Body (HTML)": '<meta charset="utf-8"><p>Sand.</p><p>Spice.</p>',
        "Published": "true",
        "Variant SKU": "SKU-1",
        "Variant Inventory Qty": "-2",
        "Variant Price": "9.99",
        "Variant Barcode": "'9780441013593",
        "Image Src": "https://cdn.example/1.jpg",
    }
    pictures = [{"Handle": "dune", "Image Src": f"https://cdn.example/{number}.jpg"} for number in (2, 3, 4, 5)]
    emma = {
        "Handle": "emma",
        "Title": "Emma",
        "Body (HTML)": "Matchmaking",
        "Published": "false",
        "Variant SKU": "SKU-2",
    }
    hardcover = {"Handle": "emma", "Variant SKU": "SKU-3", "Variant Price": "15.00", "Variant Inventory Qty": "4"}
    read = books_of(filled(exports.SHOPIFY_PRODUCTS, dune, *pictures, emma, hardcover), currency="EUR")
    assert [record.id for record in read.records] == ["SKU-1", "SKU-2", "SKU-3"]
    first, _, third = (record.values for record in read.records)
    assert (first["isbn"], first["stock"], first["description"]) == (ISBN, 0, "Sand. Spice.")
    assert first["picture"] == "https://cdn.example/1.jpg"
    assert (third["title"], third["description"], third["stock"]) == ("Emma", "Matchmaking", 4)
    assert third["price"] == Price(Decimal("15.00"), "EUR")
    assert "published_on" not in first
    assert dict(read.report.skipped) == {"further rows of the same book": 4}
    assert (read.refused, read.left_empty) == ({}, {})


def test_shopify_products_without_skus() -> None:
    """The handle is the id."""
    read = books_of(filled(exports.SHOPIFY_PRODUCTS, {"Handle": "dune", "Title": "Dune"}, {"Handle": "dune"}))
    assert [record.id for record in read.records] == ["dune"]
    assert read.report.skipped.total() == 1


def test_woocommerce_products() -> None:
    """Regular prices, several pictures, and a column `Published` that is no date."""
    dune = {
        "ID": "44",
        "SKU": "woo-dune",
        "GTIN, UPC, EAN, or ISBN": ISBN,
        "Name": "Dune",
        "Published": "1",
        "Short description": "<p>Short</p>",
        "Description": "<p>Long</p>",
        "Stock": "5",
        "Sale price": "7.99",
        "Regular price": "9.99",
        "Images": "https://e.com/a.jpg, https://e.com/b.jpg",
    }
    other = {"ID": "45", "SKU": "woo-emma", "Name": "Emma", "Published": "-1", "Short description": "Short"}
    read = books_of("\ufeff" + filled(exports.WOOCOMMERCE, dune, other), currency="USD")
    values = read.records[0].values
    assert (read.records[0].id, values["title"], values["isbn"], values["stock"]) == (44, "Dune", ISBN, 5)
    assert (values["description"], values["price"]) == ("Long", Price(Decimal("9.99"), "USD"))
    assert values["picture"] == "https://e.com/a.jpg"
    assert read.records[1].values["description"] == "Short"
    assert "Published" not in read.meanings
    assert read.left_empty == {}


def test_square() -> None:
    """The stock of a place has its name behind it."""
    dune = {
        "Reference Handle": "#dune",
        "Token": "ABC123",
        "Item Name": "Dune",
        "Price": "9.99",
        "Current Quantity Main Street": "5",
    }
    read = books_of(filled(exports.SQUARE, dune), currency="USD")
    (record,) = read.records
    assert (record.id, record.values["title"], record.values["stock"]) == ("#dune", "Dune", 5)
    assert read.left_empty == {}
