"""Labels of one line."""

from napari_dgc.gui.elided_label import ElidedLabel


def test_what_has_no_room_is_cut_and_told_in_the_tip(qtbot):
    label = ElidedLabel("Selected: healthy <b>tissue</b>")
    qtbot.addWidget(label)
    label.resize(600, 20)
    label.show()
    assert label.shown == label.text()
    assert label.toolTip() == ""
    label.resize(80, 20)
    assert "…" in label.shown
    # Letter by letter, and no HTML.
    assert "healthy &lt;b&gt;tissue&lt;/b&gt;" in label.toolTip()
    assert label.minimumSizeHint().width() == 0
    label.setText("two")
    assert (label.shown, label.toolTip()) == ("two", "")
