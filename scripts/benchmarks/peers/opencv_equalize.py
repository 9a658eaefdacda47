"""opencv_equalize.py OUT_FOLDER IN...: the usual way with OpenCV; one output per input, same name.

Gray: equalizeHist. Colour: convert to YCrCb, equalizeHist on Y, convert back. Compression like the input's: JPEG
quality 90 with 4:2:0; TIFF compression from the environment variable TIFF_COMPRESSION (libtiff's number)."""

import os
import pathlib
import sys

import cv2


def equalize(source: pathlib.Path, target: pathlib.Path) -> None:
    image = cv2.imread(str(source), cv2.IMREAD_UNCHANGED)
    if image.ndim == 2:
        image = cv2.equalizeHist(image)
    else:
        ycrcb = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
        ycrcb[:, :, 0] = cv2.equalizeHist(ycrcb[:, :, 0])
        image = cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2BGR)
    options = []
    if target.suffix == ".jpg":
        options = [cv2.IMWRITE_JPEG_QUALITY, 90]
    elif target.suffix == ".tif":
        options = [cv2.IMWRITE_TIFF_COMPRESSION, int(os.environ.get("TIFF_COMPRESSION", "1"))]
    cv2.imwrite(str(target), image, options)


cv2.setNumThreads(int(os.environ.get("THREADS", "1")))
folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    equalize(pathlib.Path(name), folder / pathlib.Path(name).name)
