"""Cityscapes: writes ``gtFine/*/*/*_gtFine_labelTrainIds.png`` and class statistics."""

from converter_cli import main

DESCRIPTION = (
    'Cityscapes: reads leftImg8bit/ and gtFine/ (every split that is there), writes '
    '*_gtFine_labelTrainIds.png, and class statistics of the train split.'
)

if __name__ == '__main__':
    main('cityscapes', DESCRIPTION)
