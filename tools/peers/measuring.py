"""What the drivers of other people's training code share: settings, a stopwatch around their batches, the report."""

import argparse
import contextlib
import json
import os
import resource
import sys
import time


class Stopwatch:
    """A data loader that notes when each batch is asked for, and ends after some of them."""

    def __init__(self, loader, warmup, steps):
        self.loader = loader
        self.warmup = 0 if steps is None else warmup
        self.limit = None if steps is None else warmup + steps
        self.stamps = []

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def __len__(self):
        return len(self.loader)

    def stamp(self):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.stamps.append((time.perf_counter(), usage.ru_utime, usage.ru_stime))

    def __iter__(self):
        self.stamp()
        for number, batch in enumerate(self.loader, 1):
            yield batch
            # Here the step with this batch is done.
            self.stamp()
            if number == self.limit:
                return

    def report(self, batches_per_epoch, predictions, threads, engine):
        counted = self.stamps[self.warmup:]
        steps = [after[0] - before[0] for before, after in zip(counted, counted[1:])]
        user, system = (counted[-1][part] - counted[0][part] for part in (1, 2))
        scale = 1 if self.limit is None else batches_per_epoch / len(steps)
        return {
            "seconds": sum(steps) * scale,
            "userSeconds": user * scale,
            "systemSeconds": system * scale,
            "stepSeconds": steps,
            "batchesPerEpoch": batches_per_epoch,
            "predictions": predictions,
            "isWhole": self.limit is None,
            "peakMemory": peak_memory(),
            "threads": threads,
            "engine": engine,
        }


def peak_memory():
    """Returns the largest resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def arguments(description):
    """Reads the options that the benchmarks pass to every driver of a training."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--settings", type=json.loads, required=True, help="our experiment as JSON")
    parser.add_argument("--data", required=True, help="the folder with the data files")
    parser.add_argument("--scratch", required=True, help="a folder for whatever is written")
    parser.add_argument("--checkout", help="the folder of the other code, if it is not installed")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--warmup", type=int, default=3, help="steps before those that are timed")
    parser.add_argument("--steps", type=int, help="timed steps; without it the whole epoch")
    found = parser.parse_args()
    # Their code may write beside itself, and all that it prints goes to standard error.
    found.data = os.path.abspath(found.data)
    if found.checkout:
        sys.path.insert(0, os.path.abspath(found.checkout))
    sys.dont_write_bytecode = True
    os.chdir(found.scratch)
    return found


@contextlib.contextmanager
def quiet_output():
    """Sends standard output to standard error, so that the report is all that it holds."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
