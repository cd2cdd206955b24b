from mistral_rag.ocr._requests.uploads import multipart_form


def test_a_form_holds_the_file_as_it_is() -> None:
    kind, body = multipart_form("scan.pdf", b"--\r\n\0", "application/pdf", {"purpose": "ocr"})
    boundary = kind.removeprefix("multipart/form-data; boundary=").encode()
    assert body == (
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nocr\r\n'
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="scan.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n--\r\n\0\r\n--" + boundary + b"--\r\n"
    )  # fmt: skip


def test_a_name_can_not_end_its_header() -> None:
    _, body = multipart_form('a"\r\nX: y\udc80.pdf', b"", "application/pdf")
    assert b'filename="a%22%0D%0AX: y?.pdf"' in body
