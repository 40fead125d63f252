"""Mapillary Vistas: writes ``*/v1.2/labels/*_labelTrainIds.png`` and class statistics."""

from converter_cli import main

DESCRIPTION = (
    'Mapillary Vistas: reads images/ and v1.2/labels/ of training/ and validation/, writes '
    'v1.2/labels/*_labelTrainIds.png (the 19 Cityscapes classes), and class statistics of the training split.'
)

if __name__ == '__main__':
    main('mapillary', DESCRIPTION)
