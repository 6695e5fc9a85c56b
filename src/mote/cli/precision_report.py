"""What `mote quantize` says about layers: what became of them, what each costs, what was chosen."""

from typing import TYPE_CHECKING, Any

from mote.cli.console import number, print_table, stdout, table

if TYPE_CHECKING:
    from mote.quantization.goal import Choice
    from mote.quantization.report import LayerReport, QuantizationReport
    from mote.quantization.sensitivity import Effect, SensitivityReport


def print_layers(report: "QuantizationReport") -> None:
    """What became of every layer."""
    columns = ["layer", "operator", "type", "range", "clipped %", "SQNR dB", "weights", "SQNR dB "]
    made = table(columns, text=["layer", "operator", "type", "range", "weights"])
    for layer in report.layers:
        made.add_row(*_layer_row(layer))
    print_table(made)
    stdout().print(
        f"Signal-to-quantisation-noise ratios on {report.samples} positions or samples; "
        f"{report.equalized} sets of channels equalised.\n",
        soft_wrap=True,
    )


def _layer_row(layer: "LayerReport") -> tuple[str, ...]:
    y, w = layer.result, layer.weights
    return (
        layer.name,
        layer.kind,
        y.dtype,
        f"{y.low:.4g} .. {y.high:.4g}",
        number(100 * y.clipped, 3),
        number(y.sqnr_db, 1),
        w.dtype if w else "",
        number(w.sqnr_db, 1) if w else "",
    )


def print_sensitivity(report: "SensitivityReport") -> None:
    """What each layer alone does to the output, in every precision that it can have."""
    accuracy = report.correct is not None
    columns = ["layer", "operator", "weights\nB", "int8\ndB", "int4\ndB", "int16\ndB"]
    if accuracy:
        columns += ["int8\nacc. %", "int4\nacc. %", "int16\nacc. %"]
    made = table(columns, text=["layer", "operator"])
    for layer in report.layers:
        effects = (layer.int8, layer.int4, layer.int16)
        row = [layer.name, layer.kind, number(layer.int8.weight_bytes)]
        row += [number(e.output_sqnr_db, 1) if e else "" for e in effects]
        if accuracy:
            row += [_percent(e, report.samples) for e in effects]
        made.add_row(*row)
    print_table(made)
    told = f"The output's signal-to-quantisation-noise ratio on {report.samples:,} samples when "
    told += "one layer alone is quantised: int8, int4 weights, int16 values"
    if report.correct is not None:
        told += f"; float classifies {100 * report.correct / report.samples:.2f} % rightly"
    stdout().print(f"{told}.\n", soft_wrap=True)


def _percent(effect: "Effect | None", samples: int) -> str:
    if effect is None or effect.correct is None:
        return ""
    return number(100 * effect.correct / samples, 2)


def print_choice(choice: "Choice") -> None:
    """Every graph that was tried, and the layers of the one that was chosen."""
    labelled = choice.float_correct is not None
    columns = ["tried", "weights B", "SQNR dB", *(["lost pp"] if labelled else []), "keeps to it"]
    made = table(columns, text=["tried", "keeps to it"])
    for trial in choice.trials:
        row = [trial.name, number(trial.bytes), number(trial.sqnr_db, 1)]
        row += [number(trial.loss, 2)] if labelled else []
        verdict = "yes" if trial.has_quality and trial.fits else "no"
        made.add_row(*row, "chosen" if trial is choice.best else verdict)
    print_table(made)
    console = stdout()
    console.print(
        f"{len(choice.trials)} integer graphs evaluated on {choice.samples:,} samples.",
        soft_wrap=True,
    )
    for what, names in layers_by_type(choice).items():
        console.print(f"{what}: {', '.join(names)}", soft_wrap=True)
    console.print()


def layers_by_type(choice: "Choice") -> dict[str, list[str]]:
    """The layers that are not plain int8, by what they are."""
    found: dict[str, list[str]] = {}
    for name, precision in choice.config.layers.items():
        words: list[str] = [precision.activations] if precision.activations != "int8" else []
        words += ["4-bit weights"] if precision.weights == "int4" else []
        if words:
            found.setdefault(", ".join(words), []).append(name)
    return found


def sensitivity_as_json(report: "SensitivityReport") -> dict[str, Any]:
    def told(effect: "Effect | None") -> dict[str, Any] | None:
        if effect is None:
            return None
        return {
            "layer_sqnr_db": finite(effect.layer_sqnr_db),
            "output_sqnr_db": finite(effect.output_sqnr_db),
            "correct": effect.correct,
            "weight_bytes": effect.weight_bytes,
        }

    return {
        "samples": report.samples,
        "correct": report.correct,
        "layers": [
            {
                "name": layer.name,
                "operator": layer.kind,
                "int8": told(layer.int8),
                "int4": told(layer.int4),
                "int16": told(layer.int16),
            }
            for layer in report.layers
        ],
    }


def choice_as_json(choice: "Choice") -> dict[str, Any]:
    return {
        "samples": choice.samples,
        "float_correct": choice.float_correct,
        "trials": [
            {
                "name": trial.name,
                "weight_bytes": trial.bytes,
                "correct": trial.correct,
                "output_sqnr_db": finite(trial.sqnr_db),
                "has_quality": trial.has_quality,
                "fits": trial.fits,
                "chosen": trial is choice.best,
            }
            for trial in choice.trials
        ],
        "layers": {
            name: {"activations": p.activations, "weights": p.weights}
            for name, p in choice.config.layers.items()
        },
    }


def finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if abs(value) < float("inf") else None
