"""Times training steps of RecBole's SASRec and prints a report.

RecBole is imported from --checkout or as it is installed, and run unchanged: its data set with one example for each
prefix, its loader, model, optimizer and training loop, with the settings of our experiment and its own default batch
of 2,048 examples. --data holds ml-1m/ml-1m.inter with each person's latest events, of which the last two are held
out: the examples are exactly the pairs of prefix and next item that ours predicts in an epoch.
"""

import json
import sys

from measuring import Stopwatch, arguments, quiet_output

options = arguments(__doc__)
model = options.settings["parameters"]
training = options.settings["training"]

import torch


def their_settings():
    """Returns our settings under the names that RecBole reads."""
    return {
        "data_path": options.data,
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
        "MAX_ITEM_LIST_LENGTH": model["maximumLength"],
        "n_layers": model["layers"],
        "n_heads": model["heads"],
        "hidden_size": model["embeddingSize"],
        "inner_size": model["innerSize"],
        "hidden_dropout_prob": model["hiddenDropout"],
        "attn_dropout_prob": model["attentionDropout"],
        "hidden_act": model["activation"],
        "layer_norm_eps": model["layerNormEpsilon"],
        "initializer_range": model["initializerRange"],
        "loss_type": "CE",
        "train_neg_sample_args": None,
        "learner": training["optimizer"]["kind"],
        "learning_rate": training["optimizer"]["learningRate"],
        "weight_decay": training["optimizer"]["weightDecay"],
        "eval_args": {
            "split": {"LS": "valid_and_test"}, "group_by": "user", "order": "TO", "mode": "full",
        },
        "checkpoint_dir": "recbole-saved",
        "seed": options.settings["seed"],
        "use_gpu": False,
        "show_progress": False,
    }


def main():
    torch.set_num_threads(options.threads)
    # What the command line holds is ours, and RecBole reads it.
    sys.argv = sys.argv[:1]
    with quiet_output():
        import recbole
        from recbole.config import Config
        from recbole.data import create_dataset, data_preparation
        from recbole.trainer import Trainer
        from recbole.utils import get_model, init_seed

        config = Config(model="SASRec", dataset="ml-1m", config_dict=their_settings())
        init_seed(config["seed"], config["reproducibility"])
        examples, _, _ = data_preparation(config, create_dataset(config))
        network = get_model("SASRec")(config, examples.dataset)
        parameters = sum(value.numel() for value in network.parameters())
        count = len(examples.dataset)
        print(f"RecBole's SASRec: {parameters} parameters, {count} examples", file=sys.stderr)
        watch = Stopwatch(examples, options.warmup, options.steps)
        Trainer(config, network)._train_epoch(watch, 0)
    report = watch.report(
        count / config["train_batch_size"], count, torch.get_num_threads(),
        f"RecBole {recbole.__version__}, torch {torch.__version__}")
    print(json.dumps(report))


main()
