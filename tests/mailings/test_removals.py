import pytest

from mailings.removals import removals


@pytest.mark.parametrize(
    ("html", "removed"),
    [
        ("<script>1</script>", "A script (line 1)"),
        ("<p onclick='x()'>x</p>", "A script in onclick of <p> (line 1)"),
        ("<p>\n<form><input></form>", "A form or a part of one (line 2)"),
        ("<iframe src='https://a.test'></iframe>", "An embedded page or file (line 1)"),
        ("<video src='https://a.test/a.mp4'></video>", "A video or a sound (line 1)"),
        ("<section>x</section>", "The element <section>; what stands in it stays (line 1)"),
        ("<a href='javascript:x()'>x</a>", "The link to “javascript:x()”, which is no whole address (line 1)"),
        ("<a href='/offers'>x</a>", "The link to “/offers”, which is no whole address (line 1)"),
        ("<img src='http://a.test/a.png'>", "The image http://a.test/a.png: only https is shown (line 1)"),
        ("<img src='a.png'>", "The image “a.png”: upload it here, or give its whole address (line 1)"),
        ("<link rel=stylesheet href='//a.test/a.css'>", "The style sheet //a.test/a.css: nothing is fetched (line 1)"),
        (
            "<style>\n@import url('//a.test/a.css');</style>",
            "The style sheet //a.test/a.css: nothing is fetched (line 1)",
        ),
        ("<table background='https://a.test/a.png'>", "An image behind or in <table>: https://a.test/a.png (line 1)"),
        ("<meta http-equiv=refresh content='0;url=//a.test'>", "A redirect to another page (line 1)"),
        ("<p style='background:url(//a.test/a.png)'>x</p>", "An image in a style: background:url(//a.test/a.png)"),
        ("<style>.a{position:fixed}</style><p class=a>x</p>", "Styles that mail programs do not agree on: position"),
    ],
)
def test_what_is_taken_out_is_said(html, removed):
    assert removals(html) == [removed]


def test_the_same_thing_is_said_once_with_its_lines():
    assert removals("<script>1</script>\n<script>2</script><script>3</script>") == ["A script (lines 1, 2)"]


def test_nothing_is_said_about_what_stays():
    html = (
        "<!doctype html><html><head><title>x</title><meta charset=utf-8><style>.a{color:red}</style></head><body>"
        "<p class=a id=b style='margin:0'><a href='https://a.test'>x</a><a href='#top' name=y>y</a>"
        "<img src='https://a.test/a.png' alt=''></p></body></html>"
    )

    assert removals(html) == []
