"""The columns of files of books, by the names that exports and data sets give them."""

from bookfiles.columns.meanings import Meaning

BOOKS = (
    Meaning(
        "book_id",
        "bookid itemid productid movieid id parentasin asin variantsku sku handle referencehandle token uuid isbnuid "
        "isbn13 isbn gtinupceanorisbn ean barcode артикул код идентификатор",
        only_one=True,
    ),
    Meaning(
        "title",
        "title booktitle movietitle name itemname producttitle productname originaltitle название заглавие титул "
        "titel titre",
    ),
    Meaning(
        "authors",
        "authors author bookauthor bookauthors authorname authornames primaryauthor secondaryauthor "
        "additionalauthors writer writers автор авторы autor autoren auteur auteurs",
    ),
    Meaning(
        "year",
        "year yearpublished publicationyear yearofpublication publishedyear pubyear releaseyear "
        "originalpublicationyear год годиздания jahr erscheinungsjahr année",
    ),
    Meaning(
        "published_at",
        "publishedat publishedon publicationdate publishdate pubdate datepublished releasedate publisheddate "
        "published originalpublicationdate датаиздания датавыхода erscheinungsdatum date",
    ),
    Meaning("isbn", "isbn13 isbn isbn10 isbns isbnuid gtinupceanorisbn variantbarcode barcode ean gtin identifiers"),
    Meaning(
        "categories",
        "categories category genre genres bisac bisaccode bisaccodes bisacheading bisacheadings thema themacodes "
        "productcategory категория категории жанр жанры kategorie kategorien genre1 genre2",
    ),
    Meaning("shelves", "bookshelves shelves popularshelves tags collections полки теги"),
    Meaning("subjects", "subjects subject topics topic keywords темы тема ключевыеслова schlagwörter"),
    Meaning(
        "description", "description bodyhtml summary comments shortdescription desc описание аннотация beschreibung"
    ),
    Meaning("price", "price variantprice regularprice listprice retailprice priceamount цена preis prix precio"),
    Meaning("currency", "currency currencycode pricecurrency валюта währung devise moneda"),
    Meaning(
        "stock",
        "stock quantity qty stockquantity variantinventoryqty inventory inventoryquantity currentquantity "
        "copies onhand "
        "остаток остатки количество наличие bestand lagerbestand",
    ),
    Meaning(
        "picture",
        "picture pictureurl imageurll imageurlm imageurl imagesrc image images cover coverurl coverimage "
        "coverimageurl "
        "thumbnail imageurls smallimageurl обложка картинка titelbild",
    ),
    Meaning("work", "work workid workkey"),
    Meaning(
        "ratings_count",
        "ratingscount ratingcount numratings numrating numberofratings numofratings nratings ratingnumber "
        "totalratings workratingscount количествооценок числооценок anzahlbewertungen anzahlderbewertungen",
    ),
    # Not a plain rating, which in the exports of readers is their own.
    Meaning(
        "average_rating",
        "averagerating avgrating ratingaverage ratingsaverage ratingavg meanrating averageratings avgratings "
        "averagestars средняяоценка среднийрейтинг durchschnittsbewertung durchschnittlichebewertung",
    ),
)
"""In order of importance; of several names for one meaning the first that is there counts first."""
