//! Findings of all checks read together: causes, consequences, cures.
