"""The model card: a bundle in words and tables for a person."""

from model_training.run_folder import RunConfig
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.provenance import Metric

_TITLES = {
    "auc": "AUC",
    "accuracy": "Accuracy",
    "cohen_kappa": "Cohen's kappa",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}

_SHORTCUTS = """\
FracAtlas was collected, not designed: its large images are fractured about twice as often as its
small ones, hardware is present only where there was a fracture, and casts and films with several
views go together with the label as well. A model can score well by noticing those. Therefore the
table has a row for small, single-view images without hardware; what is lost there against all
test images is what such shortcuts bring. Random blur in training makes sharpness less telling.
"""


def render_card(bundle: ModelBundle, config: RunConfig) -> str:
    """Write the card as Markdown."""
    spec, plan = bundle.preprocessing, config.plan
    points = sorted({bundle.operating_point(region) for region in bundle.regions})
    lines = [
        f"# {bundle.name}, version {bundle.version}",
        "",
        "**RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.**",
        "",
        bundle.intended_use,
        "",
        "## What it is",
        "",
        (
            f"- Architecture: `{bundle.architecture}` with one output; the class activation map is "
            "exact."
        ),
        (
            f"- Input: the whole radiograph as displayed, stretched to {spec.size} x {spec.size} "
            f"({spec.resampling}), mean {spec.mean}, standard deviation {spec.std}."
        ),
        f"- Regions in scope: {', '.join(bundle.regions)}.",
        (
            f"- Abnormal above: {', '.join(f'{point:.2f}' for point in points)}; the largest "
            "sensitivity + specificity on validation images, real and synthetic ones having the "
            "same say, so that demonstrations come out right too."
        ),
        "- Weights: half precision; all figures below were measured with exactly these weights.",
        f"- Device UID: {bundle.device_uid}",
        f"- SHA-256 of the weights: {bundle.weights_sha256}",
        "",
        "## What it was trained on",
        "",
        "| data | used for | images | licence | citation |",
        "|---|---|---|---|---|",
        *(
            f"| {source.name} | {source.role} | {source.images or '-'} | {source.licence} "
            f"| {source.citation} |"
            for source in bundle.training_data
        ),
        "",
        (
            "Real images are divided 60 : 15 : 25 into training, validation and test by blocks of "
            "8 consecutive image numbers; near-duplicates are kept on one side and images with "
            "doubtful labels are left out. Only upper extremities are used. All layers are fitted "
            "with the weighted cross-entropy of MURA on images that are mirrored, rotated, "
            "zoomed, blurred and changed in tone at random; a running average of the weights is "
            "what is validated, and the epoch with the lowest validation loss is kept."
        ),
        "",
        "## How well it was seen to work",
        "",
        "Each figure has its 95% interval (AUC: DeLong; kappa: McHugh; the others: Wilson).",
        "",
        *_metric_table(bundle.metrics),
        "",
        (
            "Synthetic images are drawings: near-perfect figures on them only show that the "
            "demonstration works. An AUC of 1 has an interval without width; read sensitivity and "
            "specificity instead."
        ),
        "",
        "## Shortcuts in the data",
        "",
        _SHORTCUTS,
        "## What it cannot do",
        "",
        *(f"- {limitation}" for limitation in bundle.limitations),
        "",
        "## Make it again",
        "",
        "With FracAtlas and the initial weights at hand:",
        "",
        "```",
        (
            f"python -m model_training fit --fracatlas FRACATLAS --weights WEIGHTS.npz --out RUN "
            f"--architecture {config.architecture} --size {spec.size} --epochs {plan.epochs} "
            f"--learning-rate {plan.learning_rate} --seed {plan.seed} "
            f"--warm-up-size {config.warm_up_size} --warm-up-epochs {config.warm_up_epochs} "
            f"--synthetic-pairs {config.synthetic_pairs}"
        ),
        "python -m model_training evaluate --run RUN --fracatlas FRACATLAS",
        f"python -m model_training export --run RUN --to BUNDLE --version {bundle.version}",
        "```",
        "",
        (
            "The seeds are fixed; another processor or library version still rounds differently, "
            "so that figures agree within their intervals, not in every digit."
        ),
    ]
    return "\n".join(lines) + "\n"


def _metric_table(metrics: tuple[Metric, ...]) -> list[str]:
    cohorts = list(dict.fromkeys(metric.cohort for metric in metrics))
    names = list(dict.fromkeys(metric.name for metric in metrics))
    cells = {
        (metric.cohort, metric.name): f"{metric.value:.3f} ({metric.low:.3f}-{metric.high:.3f})"
        for metric in metrics
    }
    images = {metric.cohort: metric.images for metric in metrics}
    titles = " | ".join(_TITLES.get(name, name) for name in names)
    return [
        f"| images | number | {titles} |",
        "|---|---|" + "---|" * len(names),
        *(
            f"| {cohort} | {images[cohort]} | "
            + " | ".join(cells.get((cohort, name), "-") for name in names)
            + " |"
            for cohort in cohorts
        ),
    ]
