"""The use cases of readers, moderators and the operator."""
