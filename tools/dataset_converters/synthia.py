"""SYNTHIA-RAND-CITYSCAPES: writes ``GT/LABELS/*_labelTrainIds.png`` and class statistics."""

from converter_cli import main

DESCRIPTION = (
    'SYNTHIA-RAND-CITYSCAPES: reads RGB/ and GT/LABELS/ (16 bit), writes '
    'GT/LABELS/*_labelTrainIds.png and class statistics.'
)

if __name__ == '__main__':
    main('synthia', DESCRIPTION)
