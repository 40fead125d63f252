"""IDD Segmentation: writes ``gtFine/*/*/*_gtFine_labelTrainIds.png`` and class statistics."""

from converter_cli import main

DESCRIPTION = (
    'IDD Segmentation: reads leftImg8bit/ and the polygons of gtFine/ (train and val), writes '
    '*_gtFine_labelTrainIds.png (the 19 Cityscapes classes), and class statistics of the train split.'
)

if __name__ == '__main__':
    main('idd', DESCRIPTION)
