"""An average adult's anatomy made that of one person: build, age, open growth plates.

Ages of ossification are rounded from what atlases of skeletal age print (Greulich and Pyle for the
hand, the order capitulum, radial head, medial epicondyle, trochlea, olecranon, lateral epicondyle
for the elbow).
"""

from dataclasses import replace

from dicom_fixtures.bones import Anatomy, Bone, Flesh
from dicom_fixtures.subject import Subject

FIRST_BONE_YEARS = {
    "capitate": 0.2, "hamate": 0.3, "triquetrum": 2.5, "lunate": 3.5, "scaphoid": 5.0,
    "trapezium": 5.0, "trapezoid": 5.5, "pisiform": 10.0, "capitulum": 1.0,
    "medial epicondyle": 5.5, "trochlea": 8.0, "olecranon": 3.0, "lateral epicondyle": 10.5,
    "sesamoid": 12.0, "acromion": 2.0, "coracoid process": 1.0, "radial styloid": 4.0,
    "ulnar styloid": 6.0,
}  # fmt: skip
"""When a bone begins to show; before, it is cartilage and looks like soft tissue."""
FILLED_YEARS = 8.0
"""How long it takes from the first speck to the adult's outline."""
PLATES = {
    "radius": (0.022, 0.968), "ulna": (0.972,), "humerus": (0.095,), "proximal humerus": (0.095,),
}  # fmt: skip
"""Growth plates along the long bones of the arm; those of the fingers follow a rule."""


def suited(body: Anatomy, person: Subject) -> Anatomy:
    """The same view of `person` instead of the average adult.

    Every bone keeps its name; those not yet ossified stay with an attenuation near 0.
    """
    return replace(
        body,
        bones=tuple(_suited(bone, person) for bone in body.bones),
        flesh=tuple(_fleshed(part, person.flesh) for part in body.flesh),
    )


def _suited(bone: Bone, person: Subject) -> Bone:
    shape = bone.profile
    wide = person.slender
    if person.child:
        bone = _growing(bone, person.age_years)
        shape = bone.profile
    return replace(
        bone,
        profile=replace(
            shape,
            half_widths_mm=tuple(wide * each for each in shape.half_widths_mm),
            half_depths_mm=tuple(wide * each for each in shape.half_depths_mm),
            cortex_mm=shape.cortex_mm * person.cortex,
        ),
        flesh_mm=bone.flesh_mm * person.flesh,
    )


def _growing(bone: Bone, age: int) -> Bone:
    first = FIRST_BONE_YEARS.get(bone.name)
    if first is not None:
        share = min(1.0, (age - first) / FILLED_YEARS)
        return _speck(bone, share**0.4 if share > 0.0 else 0.0)
    plates = PLATES.get(bone.name, ())
    if "phalanx" in bone.name or bone.name == "metacarpal of the thumb":
        plates = (0.11,)
    elif "metacarpal" in bone.name:
        plates = (0.86,)
    return replace(bone, plates=plates, epiphysis=min(1.0, max(0.0, (age - 1.0) / 4.0)))


def _speck(bone: Bone, size: float) -> Bone:
    """A bone that has grown to `size` of its outline around its middle."""
    middle = (bone.start + bone.end) / 2.0
    drawn = max(size, 0.2)
    shape = bone.profile
    return replace(
        bone,
        start=middle + (bone.start - middle) * drawn,
        end=middle + (bone.end - middle) * drawn,
        profile=replace(
            shape,
            half_widths_mm=tuple(drawn * each for each in shape.half_widths_mm),
            half_depths_mm=tuple(drawn * each for each in shape.half_depths_mm),
        ),
        density=bone.density if size > 0.0 else 0.02 * bone.density,
    )


def _fleshed(part: Flesh, factor: float) -> Flesh:
    return replace(part, start_mm=part.start_mm * factor, end_mm=part.end_mm * factor)
