"""pillow_equalize.py OUT_FOLDER IN...: the usual way with Pillow; one output per input, same name.

Gray: ImageOps.equalize. Colour: the Y plane of YCbCr, in which JPEG files are read and written directly."""

import pathlib
import sys

from PIL import Image, ImageOps

Image.MAX_IMAGE_PIXELS = None


def equalize(source: pathlib.Path, target: pathlib.Path) -> None:
    image = Image.open(source)
    mode = image.mode
    if mode != "L":
        image.draft("YCbCr", image.size)
        y, cb, cr = image.convert("YCbCr").split()
        image = Image.merge("YCbCr", (ImageOps.equalize(y), cb, cr))
        if target.suffix != ".jpg":
            image = image.convert(mode)
    else:
        image = ImageOps.equalize(image)
    options = {"quality": 90, "subsampling": 2} if target.suffix == ".jpg" else {}
    image.save(target, **options)


folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    equalize(pathlib.Path(name), folder / pathlib.Path(name).name)
