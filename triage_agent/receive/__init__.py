"""Accept or refuse: store, register, then acknowledge."""
