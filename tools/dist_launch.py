"""torch's launcher, without its tracebacks where a rank has said why it ended; dist_launch.sh runs this file."""

import logging
import sys

from torch.distributed import DistNetworkError
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main


def launch() -> int:
    """Run the command line of ``torch.distributed.run``; the exit status of the first rank that failed."""
    logging.disable(logging.WARNING)  # Ctrl-C is no news for who pressed it
    try:
        main()
    except SignalException as stopped:
        return 128 + stopped.sigval
    except DistNetworkError as error:
        print(f'Error: {error}. Set PORT to a free one, and MASTER_ADDR to the first machine', file=sys.stderr)
        return 1
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        if failure.exitcode < 0:  # killed, so it said nothing
            raise
        return failure.exitcode
    return 0


sys.exit(launch())
