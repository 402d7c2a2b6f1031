print("patchcore")
