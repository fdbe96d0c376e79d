import csv
import json

from PIL import Image

from model_training.cohorts.lower_limb import FOLDER, NAME, lower_limb


def test_lower_limbs_are_listed_with_what_must_stay_together(tmp_path):
    names = [f"IMG{number:07d}.jpg" for number in (8, 15, 16, 40, 100)]
    kinds = ["lower_limb", "lower_limb", "lower_limb", "upper", "lower_limb"]
    (tmp_path / FOLDER).mkdir()
    for name in names:
        Image.new("L", (4, 6), 51).save(tmp_path / FOLDER / name)
    with (tmp_path / "manifest.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("image_id", "set", "fractured"))
        writer.writerows((name, kind, "1") for name, kind in zip(names, kinds, strict=True))
    # Images 16 and 100 show the same: their blocks belong together.
    pairs = [[names[2], "1", names[4], "1", 1]]
    (tmp_path / "near_duplicates.json").write_text(json.dumps(pairs))
    found = lower_limb(tmp_path)
    assert sorted(each.name for each in found) == sorted(set(names) - {names[3]})
    patients = {each.name: each.patient for each in found}
    assert patients[names[0]] == patients[names[1]]
    assert patients[names[2]] == patients[names[4]] != patients[names[0]]
    assert all(each.cohort == NAME and each.abnormal for each in found)
    assert found[0].read().shape == (6, 4)


def test_a_folder_without_lower_limbs_has_none(small_fracatlas):
    (small_fracatlas / "manifest.csv").write_text("image_id,set,fractured\nIMG1.jpg,upper,0\n")
    assert lower_limb(small_fracatlas) == []
