"""Forms with parts that have no name."""

from flask.testing import FlaskClient

from tests.marketplace.browser import token
from tests.marketplace.web.hostile import multipart


def test_a_form_with_a_nameless_field_is_refused(visitor: FlaskClient) -> None:
    """A part of a multipart form may have no name, beside its token or instead of it."""
    sent = multipart({"csrf_token": token(visitor.get("/account/sign-in").text).encode()}, as_files=False)
    nameless = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n"
    for body in (nameless + b"--b--\r\n", nameless + sent):
        answer = visitor.post("/account/sign-in", data=body, content_type="multipart/form-data; boundary=b")
        assert answer.status_code == 400
