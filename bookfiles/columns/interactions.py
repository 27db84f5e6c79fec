"""The columns of files of interactions, by the names that exports and data sets give them."""

from bookfiles.columns.meanings import Meaning

INTERACTIONS = (
    Meaning(
        "user_id",
        "userid readerid customerid memberid reviewerid user reader customer member username useremail customeremail "
        "billingemail email visitorid visitor accountid account покупатель читатель клиент пользователь kunde "
        "kundennummer client",
        only_one=True,
    ),
    Meaning(
        "book_id",
        "bookid itemid productid movieid parentasin asin lineitemsku variantsku sku isbn13 isbn isbnuid item "
        "book product "
        "книга товар артикул artikel artikelnummer",
        only_one=True,
    ),
    Meaning(
        "rating",
        "rating bookrating myrating starrating userrating reviewrating ratingvalue reviewscore stars score overall "
        "grade value оценка рейтинг bewertung sterne puntuación calificación étoiles",
        only_one=True,
    ),
    Meaning(
        "kind",
        "kind event eventtype interaction interactiontype action actiontype behavior behaviour behaviortype activity "
        "тип событие действие",
        only_one=True,
    ),
    Meaning(
        "status",
        "status readstatus readingstatus exclusiveshelf orderstatus financialstatus paymentstatus isread read "
        "purchased collections статус",
    ),
    Meaning("cancelled", "cancelledat canceledat refundedat returnedat iscancelled iscanceled isrefunded isreturned"),
    Meaning(
        "quantity",
        "quantity qty lineitemquantity itemquantity количество menge anzahl quantité cantidad",
        only_one=True,
    ),
    Meaning(
        "occurred_at",
        "occurredat timestamp unixreviewtime reviewtime datetime eventtime createdat paidat purchasedat purchasedate "
        "purchasetime orderdate saledate ratedat reviewdate dateread lastdateread readat datefinished ts "
        "дата датапокупки датазаказа время bestelldatum dateadded dateupdated entrydate time date datum fecha",
    ),
    Meaning("interaction_id", "interactionid eventid", only_one=True),
    Meaning("order", "ordernumber orderid ordername", only_one=True),
)
"""In order of importance; of several names for one meaning the first that is there counts first."""

_PARTS = (
    "rating score star grade rank quantity qty status state date time refund return cancel kind type action event "
    "like liking opinion sentiment feedback vote review оцен рейтинг дата статус возврат bewert datum menge note"
)
SENSE = tuple(_PARTS.split())
"""Parts of names of columns that could change what a row says."""
