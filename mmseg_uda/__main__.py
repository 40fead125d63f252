"""``python -m mmseg_uda COMMAND`` and ``torchrun -m mmseg_uda COMMAND``."""

from .cli import main

if __name__ == '__main__':
    main()
