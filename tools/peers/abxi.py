"""Times training steps of the ABXI authors' own code (DiMarzioBian/ABXI, commit 72e52c9) and prints a report.

Their modules are imported from --checkout and run unchanged: their data set and loader, model, optimizer and
training loop, with the settings of our experiment. Batches are made in the training process, as their command does
by default. Their data files are sequences.txt and items.json under other names.
"""

import argparse
import json
import os
import random
import sys

from measuring import Stopwatch, arguments, quiet_output

options = arguments(__doc__)
model = options.settings["parameters"]
training = options.settings["training"]
seed = options.settings["seed"]

import numpy
import torch


class SilentLog:
    """Takes what their trainer logs."""

    def __getattr__(self, name):
        return lambda *values: None


def their_settings(folder):
    """Returns our settings under the names that their code reads."""
    longest = options.settings["parameters"]["maximumLength"] + 3
    return argparse.Namespace(
        data="afk", raw=True, len_max=longest, len_trim=longest - 3, n_neg=model["negatives"],
        n_mtc=999, d_embed=model["embeddingSize"], n_attn=1, n_head=model["heads"],
        dropout=model["dropout"], temp=model["temperature"], rd=model["domainRank"],
        ri=model["invariantRank"], device=torch.device("cpu"), cuda="cpu", seed=seed,
        bs=training["batchSize"], bse=4 * training["batchSize"], n_worker=0,
        n_epoch=training["epochs"], n_warmup=training["schedule"]["warmupEpochs"],
        lr=training["optimizer"]["learningRate"], l2=training["optimizer"]["weightDecay"],
        lr_g=training["schedule"]["factor"], lr_p=training["schedule"]["patience"],
        path_data=folder, f_raw=os.path.join(folder, f"afk_{longest}_preprocessed.txt"),
        f_data=os.path.join(folder, f"afk_{longest}_seq.pkl"))


def main():
    torch.set_num_threads(options.threads)
    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)
    # Their command sets this too.
    torch.set_float32_matmul_precision("high")
    folder = os.path.join(os.getcwd(), "authors-data")
    os.makedirs(folder, exist_ok=True)
    settings = their_settings(folder)
    for name, source in [
        (settings.f_raw, "sequences.txt"),
        (os.path.join(folder, f"map_item_{settings.len_max}.txt"), "items.json"),
    ]:
        if not os.path.exists(name):
            os.symlink(os.path.join(options.data, source), name)
    with quiet_output():
        from trainer import Trainer

        trainer = Trainer(settings, SilentLog())
        parameters = sum(value.numel() for value in trainer.model.parameters())
        print(f"authors' ABXI: {parameters} parameters, {settings.n_user} users", file=sys.stderr)
        watch = Stopwatch(trainer.train_loader, options.warmup, options.steps)
        trainer.train_loader = watch
        # An epoch of the warm-up: they do not validate after it.
        trainer.run_epoch(1)
    # Targets of padding are 0.
    predictions = sum(int((targets != 0).sum()) for _, _, _, targets, _ in watch.dataset.data)
    report = watch.report(
        settings.n_user / settings.bs, predictions, torch.get_num_threads(),
        f"torch {torch.__version__}")
    print(json.dumps(report))


main()
