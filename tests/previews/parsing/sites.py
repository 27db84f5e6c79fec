"""Pages with the markup of real kinds of sites; every word of them is made up."""

from dataclasses import dataclass

from previews.domain import Document, Preview


@dataclass(frozen=True, kw_only=True)
class Site:
    """A page, and what its preview must be."""

    kind: str
    html: str
    expected: Preview
    url: str
    encoding: str = "utf-8"
    content_type: str = "text/html; charset=utf-8"
    prefix: bytes = b""

    @property
    def document(self) -> Document:
        body = self.prefix + self.html.encode(self.encoding)
        return Document(url=self.url, content_type=self.content_type, body=body)


SITES = [
    Site(
        kind="a site of readers' reviews: Open Graph with a Book in JSON-LD",
        url="https://www.readers.example/book/show/17-the-tin-orchard",
        html="""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/>
        <title>The Tin Orchard by Mara Quill | Readers</title>
        <link rel="canonical" href="https://www.readers.example/book/show/17"/>
        <meta property="og:type" content="books.book"/><meta property="og:title" content="The Tin Orchard"/>
        <meta property="og:description" content="Two sisters inherit an orchard &amp; a secret."/>
        <meta property="og:image" content="https://images.readers.example/17l.jpg"/>
        <meta property="og:site_name" content="Readers"/>
        <script type="application/ld+json">{"@context":"https://schema.org","@type":"Book","name":"The Tin Orchard",
        "image":"https://images.readers.example/17s.jpg","isbn":"978-3-16-148410-0",
        "author":[{"@type":"Person","name":"Mara Quill","url":"https://www.readers.example/author/3"},
        {"@type":"Person","name":"Jon  Ferrel"}],
        "aggregateRating":{"@type":"AggregateRating","ratingValue":4.1}}</script>
        </head><body><div id="__next"></div></body></html>""",
        expected=Preview(
            url="https://www.readers.example/book/show/17",
            title="The Tin Orchard",
            description="Two sisters inherit an orchard & a secret.",
            image="https://images.readers.example/17l.jpg",
            site="Readers",
            authors=("Mara Quill", "Jon Ferrel"),
            isbn="9783161484100",
        ),
    ),
    Site(
        kind="a publisher: JSON-LD alone, with the ISBN of an edition and an image object",
        url="https://press.example/titles/salt-road",
        html="""<html><head><title>Salt Road - Press</title><script type='application/ld+json'>
        {"@context": "http://schema.org", "@type": ["Product", "http://schema.org/Book"], "name": "Salt Road",
         "description": "A caravan crosses a dry sea.", "author": "Ines Abara",
         "image": {"@type": "ImageObject", "url": "/covers/salt-road.jpg"},
         "workExample": [{"@type": "Book", "bookFormat": "https://schema.org/Hardcover", "isbn": "0306406152"},
                         {"@type": "Book", "isbn": "9780306406157"}]}
        </script></head><body><h1>Salt Road</h1></body></html>""",
        expected=Preview(
            url="https://press.example/titles/salt-road",
            title="Salt Road",
            description="A caravan crosses a dry sea.",
            image="https://press.example/covers/salt-road.jpg",
            site="press.example",
            authors=("Ines Abara",),
            isbn="9780306406157",
        ),
    ),
    Site(
        kind="an encyclopedia: a title, Open Graph for the picture, no description",
        url="https://en.wiki.example/wiki/Lantern_Bay",
        html="""<!DOCTYPE html><html class="client-nojs"><head><meta charset="UTF-8"/>
        <title>Lantern Bay - Wiki</title><meta name="generator" content="Wiki 1.0"/>
        <meta property="og:image" content="https://upload.wiki.example/lantern/1200px.png"/>
        <meta property="og:image:width" content="1200"/><meta property="og:image" content="https://second.example/800.png"/>
        <meta property="og:title" content="Lantern Bay - Wiki"/><meta property="og:type" content="website"/>
        <link rel="canonical" href="https://en.wiki.example/wiki/Lantern_Bay"/>
        <script type="application/ld+json">{"@context":"https:\\/\\/schema.org","@type":"Article",
        "name":"Lantern Bay"}
        </script></head><body><h1 id="firstHeading"><span>Lantern Bay</span></h1></body></html>""",
        expected=Preview(
            url="https://en.wiki.example/wiki/Lantern_Bay",
            title="Lantern Bay - Wiki",
            image="https://upload.wiki.example/lantern/1200px.png",
            site="en.wiki.example",
        ),
    ),
    Site(
        kind="a blog system with a plugin for search engines: a graph in JSON-LD, escaped twice",
        url="https://blog.example/2024/05/review/",
        html="""<!doctype html><html><head><meta name='robots' content='index, follow' />
        <title>Review: The Glass Harbour &#8211; A Blog</title>
        <meta name="description" content="What we thought of it&#8230;" />
        <meta property="og:locale" content="en_GB" /><meta property="og:title" content="Review: The Glass Harbour" />
        <meta property="og:url" content="https://blog.example/2024/05/review/" />
        <meta property="og:image" content="https://blog.example/wp/cover-1024x576.jpg" />
        <script type="application/ld+json" class="graph">{"@context":"https://schema.org","@graph":[
        {"@type":"WebPage","name":"Review"},{"@type":"Review","itemReviewed":{"@type":"Book",
        "name":"The Glass Harbour","author":{"@type":"Person","name":"D. O&#8217;Hara"},
        "isbn":9780306406157}}]}</script>
        </head><body></body></html>""",
        expected=Preview(
            url="https://blog.example/2024/05/review/",
            title="Review: The Glass Harbour",
            description="What we thought of it…",
            image="https://blog.example/wp/cover-1024x576.jpg",
            site="blog.example",
            authors=("D. O’Hara",),
            isbn="9780306406157",
        ),
    ),
    Site(
        kind="a shop system: addresses without a scheme, a product instead of a book",
        url="https://corner-books.example/products/the-paper-fox?variant=1",
        html="""<!doctype html><html><head><meta charset="utf-8">
        <link rel="canonical" href="https://corner-books.example/products/the-paper-fox">
        <title>The Paper Fox &ndash; Corner Books</title>
        <meta property="og:site_name" content="Corner Books"><meta property="og:title" content="The Paper Fox">
        <meta property="og:description" content="A picture book."><meta property="og:price:amount" content="12.00">
        <meta property="og:image" content="http://corner-books.example/cdn/fox.jpg?v=1">
        <meta property="og:image:secure_url" content="//cdn.corner-books.example/fox.jpg?v=1&amp;width=600">
        <script type="application/ld+json">{"@type":"Product","name":"The Paper Fox",
        "gtin13":"9780306406157"}</script>
        </head></html>""",
        expected=Preview(
            url="https://corner-books.example/products/the-paper-fox",
            title="The Paper Fox",
            description="A picture book.",
            image="https://cdn.corner-books.example/fox.jpg?v=1&width=600",
            site="Corner Books",
        ),
    ),
    Site(
        kind="a site of videos: names instead of properties, tags in the body, large scripts",
        url="https://videos.example/watch?v=abc",
        html="""<!DOCTYPE html><html><head><script nonce="x">var a = "<title>no</title><meta name='title'>";</script>
        <style>title { content: "<meta property='og:title' content='no'>" }</style>
        </head><body><title>How to bind a book - Videos</title><meta name="title" content="How to bind a book">
        <meta name="description" content="In ten minutes."><link rel="image_src" href="https://i.videos.example/abc/hq.jpg">
        <meta property="og:site_name" content="Videos"><meta property="og:title" content="How to bind a book">
        <meta property="og:image" content="https://i.videos.example/abc/max.jpg">
        <meta name="twitter:card" content="player"></body></html>""",
        expected=Preview(
            url="https://videos.example/watch?v=abc",
            title="How to bind a book",
            description="In ten minutes.",
            image="https://i.videos.example/abc/max.jpg",
            site="Videos",
        ),
    ),
    Site(
        kind="a newspaper: Twitter cards, a title over several lines",
        url="https://news.example/culture/1",
        html="""<html><head><title>
            A library
            reopens</title><meta name="twitter:card" content="summary_large_image">
        <meta name="twitter:title" content="A library reopens after a century">
        <meta name="twitter:description" content="Its doors
        had been locked."><meta name="twitter:image:src" content="https://static.news.example/1.webp">
        <meta name="application-name" content="The News"></head></html>""",
        expected=Preview(
            url="https://news.example/culture/1",
            title="A library reopens after a century",
            description="Its doors had been locked.",
            image="https://static.news.example/1.webp",
            site="The News",
        ),
    ),
    Site(
        kind="an old page in windows-1251, named by its header",
        url="http://knigi.example/17.htm",
        encoding="cp1251",
        content_type="text/html; charset=windows-1251",
        html="""<HTML><HEAD><TITLE>Оловянный сад</TITLE>
        <META NAME="Description" CONTENT="Две сестры и сад"></HEAD><BODY BGCOLOR=white></BODY></HTML>""",
        expected=Preview(
            url="http://knigi.example/17.htm",
            title="Оловянный сад",
            description="Две сестры и сад",
            site="knigi.example",
        ),
    ),
    Site(
        kind="a page in Shift_JIS, named by http-equiv",
        url="http://hon.example/a.html",
        encoding="cp932",
        content_type="text/html",
        html="""<html><head><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">
        <title>ガラスの港</title><meta name="description" content="表の十を読む">
        </head></html>""",
        expected=Preview(
            url="http://hon.example/a.html", title="ガラスの港", description="表の十を読む", site="hon.example"
        ),
    ),
    Site(
        kind="a page in UTF-16 with a byte order mark, whatever its header says",
        url="http://wide.example/",
        encoding="utf-16-le",
        prefix=b"\xff\xfe",
        content_type="text/html; charset=iso-8859-1",
        html="<title>Größer</title>",
        expected=Preview(url="http://wide.example/", title="Größer", site="wide.example"),
    ),
    Site(
        kind="a page in windows-1252 that calls itself Latin-1",
        url="http://quotes.example/",
        encoding="cp1252",
        content_type="text/html; charset=ISO-8859-1",
        html="<title>“Curly” – €5</title>",
        expected=Preview(url="http://quotes.example/", title="“Curly” – €5", site="quotes.example"),
    ),
    Site(
        kind="attributes in single quotes, without quotes, in capitals, with spaces, in another order",
        url="https://odd.example/x/y",
        html="""<html><head><META content='It&#39;s "quoted" > here' property = 'og:title'>
        <meta name=description content=unquoted><meta   PROPERTY=og:image
        CONTENT = cover.png  ></head></html>""",
        expected=Preview(
            url="https://odd.example/x/y",
            title='It\'s "quoted" > here',
            description="unquoted",
            image="https://odd.example/x/cover.png",
            site="odd.example",
        ),
    ),
    Site(
        kind="a page without a head, whose heading is its title",
        url="https://plain.example/",
        html="<h1 class=top>A <em>plain</em> page</h1><p>Text.<h1>Second</h1>",
        expected=Preview(url="https://plain.example/", title="A plain page", site="plain.example"),
    ),
    Site(
        kind="empty tags, which count as absent",
        url="https://empty.example/",
        html="""<title>Title</title><meta property="og:title" content=""><meta property="og:title" content="  ">
        <meta property="og:image" content=""><meta name="twitter:title"><meta name="description" content="Text">""",
        expected=Preview(url="https://empty.example/", title="Title", description="Text", site="empty.example"),
    ),
    Site(
        kind="a base address for relative pictures",
        url="https://www.based.example/shop/books/7",
        html="""<head><base href="/static/"><title>Based</title>
        <meta property="og:image" content="img/7.jpg"></head>""",
        expected=Preview(
            url="https://www.based.example/shop/books/7",
            title="Based",
            image="https://www.based.example/static/img/7.jpg",
            site="based.example",
        ),
    ),
    Site(
        kind="a picture in the page itself, which is no address: the next one counts",
        url="https://inline.example/",
        html="""<title>Inline</title><meta property="og:image" content="data:image/png;base64,AAAA">
        <link rel="stylesheet image_src" href="../cover.jpg">""",
        expected=Preview(
            url="https://inline.example/",
            title="Inline",
            image="https://inline.example/cover.jpg",
            site="inline.example",
        ),
    ),
    Site(
        kind="JSON-LD in comments and lists, with broken scripts beside it",
        url="https://lists.example/",
        html="""<script type="application/ld+json">{broken</script>
        <script type="Application/LD+JSON; charset=utf-8"><!--
        [[{"@type":"BreadcrumbList"}],{"@type":"Book","name":"In a list",
        "author":[{"name":["Ada Lim","A. L."]},null,""],
        "isbn":["not one","9783161484101","316148410X"]}];
        --></script>""",
        expected=Preview(
            url="https://lists.example/",
            title="In a list",
            site="lists.example",
            authors=("Ada Lim",),
            isbn="9783161484100",
        ),
    ),
    Site(
        kind="an Open Graph book without JSON-LD",
        url="https://og.example/",
        html="""<meta property="og:type" content="book"><meta property="og:title" content="Only Graph">
        <meta property="book:isbn" content="978-0-306-40615-7">
        <meta property="book:author" content="https://og.example/people/1">""",
        expected=Preview(url="https://og.example/", title="Only Graph", site="og.example", isbn="9780306406157"),
    ),
    Site(
        kind="a page that names another site's address as its own",
        url="https://copy.example/page",
        html="""<title>Copy</title><link rel="canonical" href="https://original.example/page">
        <meta property="og:url" content="/page?clean">""",
        expected=Preview(url="https://copy.example/page?clean", title="Copy", site="copy.example"),
    ),
    Site(
        kind="tags in comments, in scripts and in drawings, which do not count",
        url="https://hidden.example/",
        html="""<!-- <meta property="og:title" content="no"> --><!---->
        <svg><title>Icon</title></svg><textarea><meta property="og:title" content="no"></textarea>
        <template><meta property="og:title" content="no"></template>
        <noscript><meta property="og:description" content="Seen"></noscript>
        <![CDATA[ <meta property="og:image" content="x.jpg"> ]]>
        <a title="<title>no</title>">a</a><svg viewBox="0 0 1 1"/><title>Shown</title>""",
        expected=Preview(
            url="https://hidden.example/",
            title="Shown",
            description="Seen",
            site="hidden.example",
        ),
    ),
    Site(
        kind="control and direction characters, which could make a text look like another",
        url="https://tricky.example/",
        html="<title>Good\u202ekoob\u202c\u0007\ufeff book\u2066!</title>",
        expected=Preview(url="https://tricky.example/", title="Goodkoob book!", site="tricky.example"),
    ),
    Site(
        kind="a page of an application that is made by JavaScript",
        url="https://app.example:443/#/book/1",
        html="<!doctype html><html><head><title></title></head><body><div id=app></div><script src=/a.js></script>",
        expected=Preview(url="https://app.example:443/#/book/1", site="app.example:443"),
    ),
]
