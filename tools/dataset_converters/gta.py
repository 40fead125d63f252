"""GTA5: writes ``labels/*_labelTrainIds.png`` and class statistics."""

from converter_cli import main

DESCRIPTION = (
    'GTA5: reads images/ and labels/, writes labels/*_labelTrainIds.png and class statistics. '
    'Known-bad images (15188, 17705, 20801-20860) are left out and listed.'
)

if __name__ == '__main__':
    main('gta', DESCRIPTION)
