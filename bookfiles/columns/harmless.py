"""Columns of files of interactions that change nothing about what a row says."""

_ABOUT_BOOKS = (
    "title booktitle producttitle name bookname itemname author authors authorlf authorsort additionalauthors "
    "bookauthor contributors publisher binding format formats media pages numberofpages numpages pagecount language "
    "languagecode languages year yearpublished originalpublicationyear publicationyear publicationdate publishdate "
    "pubdate publication averagerating avgrating ratingscount workratingscount price listprice purchaseprice "
    "currency value isbn isbn13 isbns asin uuid identifiers barcode oclc lccn issn bcid workid tags moods pace "
    "series seriesindex size cover comments libraryname titlesort sortcharacter image images style productcategory "
    "productparent category categories categoryid copies condition subjects deweydecimal deweywording"
)
_ABOUT_REVIEWS = (
    "myreview review reviews reviewtext reviewbody reviewtitle reviewheadline reviewsummary reviewid reviewername "
    "profilename reviewhelpfulness summary headline text comment spoiler isreviewed helpful helpfulvote "
    "helpfulvotes totalvotes vote votes vine verified verifiedpurchase contentwarnings contentwarningdescription "
    "notes privatenotes privatecomment recommendedby recommendedfor"
)
_ABOUT_COPIES = (
    "bookshelves bookshelveswithpositions readcount ownedcopies owned dateadded datesread datestarted starttime "
    "acquired entrydate originalpurchasedate originalpurchaselocation conditiondescription fromwhere source"
)
_ABOUT_ORDERS = (
    "id orderid ordernumber order transactionid sessionid fulfillmentstatus fulfilledat refundedamount "
    "acceptsmarketing discountcode discountamount total subtotal duties vendor outstandingbalance employee deviceid "
    "risklevel noteattributes nextpaymentdueat receiptnumber phone"
)
_ABOUT_READERS = "location country city zip postcode age gender marketplace"
_NAMES = frozenset(" ".join((_ABOUT_BOOKS, _ABOUT_REVIEWS, _ABOUT_COPIES, _ABOUT_ORDERS, _ABOUT_READERS)).split())
_BEGINNINGS = ("billing", "shipping", "tax", "lineitem", "lending", "payment", "genre")


def is_harmless(name: str) -> bool:
    """Whether a column with this folded name, which has no other meaning, changes nothing."""
    return name in _NAMES or name.startswith(_BEGINNINGS)
