"""What the card of the bundled model says that no measurement says."""

INTENDED_USE = (
    "RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE. A demonstration of how a triage node orders "
    "radiographs of the upper extremity. It must not influence the care of any patient."
)

LIMITATIONS = (
    (
        "On real images it learnt fractures only: arthritis, tumours, dislocations, infections and "
        "foreign bodies are not what it was fitted to find."
    ),
    "A low score does not mean normal: it misses fractures, above all subtle ones.",
    "It does not see a subluxed joint where nothing else is wrong: see the table by finding.",
    (
        "Its real training images come from one collection; performance elsewhere, or on another "
        "make of detector, is not known."
    ),
    (
        "No subgroup by age, sex, region or detector was measured on real images, and real images "
        "of a single finger are rare."
    ),
    (
        "Part of what it uses may be a shortcut: hardware, casts, several views on one film and "
        "the sharpness of an archive go together with fractures in its training images."
    ),
    "The heat map shows where the score comes from, not where a fracture is.",
    (
        "Synthetic images were added so that demonstrations look sensible; they say nothing about "
        "patients."
    ),
)

SHORTCUTS = """\
FracAtlas was collected, not designed: its large images are fractured about twice as often as its
small ones, hardware is present only where there was a fracture, and casts and films with several
views go together with the label as well. A model can score well by noticing those. Therefore the
table has a row for small, single-view images without hardware; what is lost there against all
test images is what such shortcuts bring. Random blur in training makes sharpness less telling.
"""

CAVEATS = """\
Synthetic images are drawings: high figures on them only show that the demonstration works. Every
image of a synthetic study is judged under the label of its study, also where the finding shows in
another view only; FracAtlas names no studies, so that each of its images is judged alone. An AUC of
1 has an interval without width; read sensitivity and specificity instead.

Weights, epoch and operating point follow from training and validation images only. But the test
part of FracAtlas is the same for all versions, and the versions 0.1 to 0.4 were measured on it
while it was being decided how to go on (epochs were added, and the rule of the operating point was
changed). So figures on it are somewhat optimistic, those at an operating point more than AUC.

The last stage of its fit has more of what version 0.5.0 missed among 200 synthetic studies. The 400
that it is measured on are others; version 0.6.0, whose recipe is the same, was measured on them as
well, and nothing was changed for what was seen there. It took the place of 0.6.0 because its loss
on validation images is lower. The form of its scope gate (roots of the features) was chosen among
two dozen, for 0.5.0, by the same kinds and patients out of scope that it is measured on below. For
this version its ridge and how much of a cohort it may lose were chosen anew, among sixteen pairs,
by these kinds and patients and by a few more images in and out of scope, once it had been seen that
the earlier pair let two fifths of the inverted radiographs pass. So what it abstains from is
somewhat better here than elsewhere.
"""
