"""Dask's client, apart because Dask need not be installed."""

from __future__ import annotations

import contextlib

from distributed import Client


class TidyClient(Client):
    """One that lets go of everything if it cannot connect: else Dask tries for a minute at the end of the process."""

    def __init__(self, *args, **kwargs):
        try:
            super().__init__(*args, **kwargs)
        except BaseException:
            with contextlib.suppress(Exception):
                self.close(timeout=1)
            raise
