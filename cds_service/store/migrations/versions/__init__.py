"""The steps in their order. A step only adds, so that the release before it works on the new tables too."""
