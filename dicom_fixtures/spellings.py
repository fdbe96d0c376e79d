"""What BodyPartExamined says where it does not say the defined term of PS3.16 Annex L."""

from triage_agent.domain.region import Region

OF_REGION = {
    Region.ELBOW: ("ELBOW_R", "ELLENBOGEN", "COUDE", "CODO"),
    Region.FINGER: ("THUMB", "INDEX FINGER", "DOIGT", "DEDO"),
    Region.FOREARM: ("RADIUS ULNA", "UNTERARM", "AVANT BRAS", "ANTEBRAZO"),
    Region.HAND: ("HAND PA", "L HAND", "MANO", "HAND_OBL"),
    Region.HUMERUS: ("UPPER ARM", "OBERARM", "HUMERO", "HUMERUS AP"),
    Region.SHOULDER: ("SHOULDER_AP", "SCHULTER", "EPAULE", "HOMBRO"),
    Region.WRIST: ("WRIST 2V", "HANDGELENK", "POIGNET", "MUNECA"),
}
"""Words of departments and presets, in several languages; all are valid code strings."""

OF_NO_REGION = ("EXTREMITY", "UPPER LIMB", "UP_EXM", "UPPER EXTREMITY", "ARM", "")
"""What leaves it to the rest of the header which region is shown."""
