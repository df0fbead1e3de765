"""What is loaded beside the window does not keep napari from being closed."""

import subprocess
import sys

CLOSED_MEANWHILE = """
import threading
import napari
from napari_dgc.gui import train_options

def slow():
    threading.main_thread().join()
    return train_options.Possible({}, ("auto", "cpu"))

train_options.find_possible = slow
viewer = napari.Viewer(show=False)
viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
viewer.close()
print("closed")
"""


def test_napari_closes_without_a_word_while_libraries_are_loaded():
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLOSED_MEANWHILE],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["closed"]
    assert "Traceback" not in run.stderr
