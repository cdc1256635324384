"""``python -m inside FD``: become the zygote; FD is the control socket inherited from the grader."""

import sys

from .zygote import main

main(int(sys.argv[1]))
