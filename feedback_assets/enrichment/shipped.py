"""The local model of the taxonomy and the golden set as they are installed: fitted once, when the package is installed.

Without it each new home fits the same model at its first run. Here: where it stands and the command that makes it. Not here: the fit
(training.py). It is a file of build output, not of the repository; a model of other data is never taken from here, since a model's name
is the hash of what it was fitted on.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "trained"


def main(taxonomy_dir: Path) -> Path:
    """Fits the model of `taxonomy_dir`, unless it is there, and takes away those of other data. Returns its file.

    Raises SettingError for a taxonomy or a golden set that cannot be used.
    """
    from feedback_assets.enrichment.taxonomy import load_taxonomy
    from feedback_assets.enrichment.training import load_or_train

    model = load_or_train(load_taxonomy(taxonomy_dir), taxonomy_dir / "golden", FOLDER)
    kept = FOLDER / f"{model.version}.npz"
    for other in FOLDER.glob("*.npz"):
        if other != kept:
            other.unlink()
    return kept


if __name__ == "__main__":
    main(Path(sys.argv[1]))
